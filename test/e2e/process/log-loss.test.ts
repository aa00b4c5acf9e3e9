import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('a server whose log has no room answers, and ends with 0 on SIGTERM', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'library-api-'));
  const port = await freePort();
  const env = { ...process.env, DATA_DIR: directory, PORT: String(port), NODE_ENV: 'production' };
  const full = openSync('/dev/full', 'w');
  const server = spawn(process.execPath, [`${ROOT}dist/main.js`], {
    cwd: directory,
    env,
    stdio: ['ignore', full, 'ignore'],
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => statusOf(`${url}/health/ready`), { timeout: 20_000 }).toBe(200);
    for (let count = 0; count < 300; count += 1) {
      expect(await statusOf(`${url}/health/live`)).toBe(200);
    }
    server.kill('SIGTERM');
    const [code] = await once(server, 'exit', { signal: AbortSignal.timeout(15_000) });
    expect(code).toBe(0);
  } finally {
    server.kill('SIGKILL');
    closeSync(full);
    rmSync(directory, { recursive: true, force: true });
  }
});

const statusOf = (url: string): Promise<number | undefined> =>
  fetch(url).then(
    ({ status }) => status,
    () => undefined,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
