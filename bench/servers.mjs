// Starts each measured server in a separate process.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PASSWORD = 'correct horse battery';

/** Starts the product. */
export async function startProduct(env = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'library-bench-'));
  const { child, found } = await start('dist/main.js', [], {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_FORMAT: 'json',
      REGISTER_LIMIT: 'off',
      ...env,
    },
    until: line => (line.startsWith('{') ? JSON.parse(line).api : undefined),
  });
  const stop = () => stopProcess(child, dataDir);
  return { url: found, stop, dataDir, pid: child.pid };
}

/** Registers a user and logs in; returns the login response and the Basic header. */
export async function account(url, name = 'bench') {
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name, password: PASSWORD });
  await fetch(`${url}/register`, { method: 'POST', headers: json, body });
  const authorization = `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`;
  const response = await fetch(`${url}/login`, { method: 'POST', headers: { authorization } });
  return { ...(await response.json()), authorization };
}

/** Starts raw-server.mjs. */
export async function startRaw() {
  const dataDir = mkdtempSync(join(tmpdir(), 'library-raw-'));
  const { child, found } = await start('bench/raw-server.mjs', [join(dataDir, 'raw.db')], {
    env: process.env,
    until: line => line,
  });
  const [port, token] = found.split(' ');
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    stop: () => stopProcess(child, dataDir),
    dataDir,
  };
}

export async function start(script, args, { env, until }) {
  const child = spawn(process.execPath, [script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = until(line);
    if (found !== undefined) {
      child.stdout.resume();
      return { child, found };
    }
  }
  throw new Error(`${script} exited before it was ready`);
}

export async function stopProcess(child, dataDir) {
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  if (dataDir !== undefined) {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
