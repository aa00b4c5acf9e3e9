import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { ROOT, run } from '../../support/process.js';

/** Logs lines of 1 kB, `each` in 20 turns of the event loop, and reports on standard error how many were lost. */
const logs = (each: number): string => `
  import { createLogger } from '${ROOT}dist/http/logger.js';
  import { METRICS } from '${ROOT}dist/metrics/metrics.js';
  import { setTimeout as sleep } from 'node:timers/promises';
  const log = createLogger({ logLevel: 'info', logFormat: 'json' });
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < ${each}; j++) log.info({ text: 'x'.repeat(1000) });
    await sleep(5);
  }
  const [{ value }] = (await METRICS.logLinesLost.get()).values;
  process.stderr.write(JSON.stringify({ lost: value }));
  process.kill(process.pid, 'SIGKILL');
`;

test.each([
  ['is not read', '| (sleep 3)'],
  ['has no room', '> /dev/full'],
  ['was closed', '| true'],
])('counts the lines that are lost if standard output %s, and goes on', async (_, output) => {
  const command = `"$0" --input-type=module -e "$1" ${output}`;
  const args = ['-c', command, process.execPath, logs(1_000)];
  const lost = await lostOf('/bin/sh', args);
  expect(lost).toBeGreaterThan(1_000);
  expect(lost).toBeLessThanOrEqual(20_000);
});

test('loses none if standard output is read', async () => {
  const args = ['--input-type=module', '-e', logs(100)];
  expect(await lostOf(process.execPath, args)).toBe(0);
});

async function lostOf(command: string, args: string[]): Promise<number> {
  const { stderr } = await run(command, args, { cwd: tmpdir() });
  return Number(/"lost":(\d+)/.exec(stderr)?.[1]);
}
