import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newAccount } from '../../support/client.js';
import { ROOT, ServerProcess } from '../../support/process.js';

/** What Node does where a sandbox, such as systemd's `SystemCallFilter`, forbids `setpriority`. */
const FORBID = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
  os.setPriority = () => { throw new Error('EPERM'); }; syncBuiltinESMExports();`;

test('a sandbox that forbids priorities does not keep anyone from logging in', async () => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'library-api-sandbox-'));
  const program = [`--import=data:text/javascript,${encodeURIComponent(FORBID)}`];
  const server = await ServerProcess.start({
    cwd,
    program: [...program, `${ROOT}dist/main.js`],
  });
  try {
    expect((await newAccount(server.url)).token).toMatch(/^ey/);
  } finally {
    await server.stop();
    rmSync(cwd, { recursive: true });
  }
});
