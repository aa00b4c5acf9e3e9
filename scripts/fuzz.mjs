// Sends the built product requests made from openapi.json, and prints what it did. Exits non-zero where it found a fault.
// FUZZ_REQUESTS and FUZZ_SECONDS end the run; FUZZ_SEED, FUZZ_ONLY and FUZZ_PATH send one input again.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/fuzz', '--disable-console-intercept'],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { FUZZ_REQUESTS: '100000', FUZZ_SECONDS: '1800', TEST_POSTGRES: 'off', ...process.env },
  },
);
process.exit(status ?? 1);
