// Starts each measured server in a separate process, if possible on a separate core, with its log in a file.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinned } from './load.mjs';

const PASSWORD = 'correct horse battery';
const JSON_TYPE = { 'content-type': 'application/json' };
const POLL_MS = 2;

/** Starts the product. Several processes may use every core. */
export async function startProduct(env = {}) {
  const given = { PORT: '0', LOG_FORMAT: 'json', REGISTER_LIMIT: 'off', ...env };
  const isPinned = !('WEB_CONCURRENCY' in given);
  const started = await start('dist/main.js', [], {
    env: directory => ({ DATA_DIR: directory, ...given }),
    ready: log => /"api":"([^"]+)"/.exec(log)?.[1],
    isPinned,
  });
  return { ...started, url: started.found };
}

/** Starts one of the servers to compare with; each prints `PORT TOKEN`. */
export async function startPeer(script, env = {}) {
  const started = await start(script, [], {
    env: directory => ({ DATABASE: join(directory, 'peer.db'), ...env }),
    ready: log => /^(\d+) ?(.*)\n/.exec(log),
  });
  const [, port, token] = started.found;
  return { ...started, url: `http://127.0.0.1:${port}`, token };
}

/** The textbook application has separate packages. */
export function installTextbook() {
  if (!existsSync('bench/textbook/node_modules')) {
    const options = { cwd: 'bench/textbook', stdio: ['ignore', 'ignore', 'inherit'] };
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], options);
    if (status !== 0) {
      throw new Error('npm ci failed in bench/textbook');
    }
  }
}

/** Registers a user and logs in; returns the answer to the login and the Basic header. */
export async function account(url, name = 'bench') {
  const body = JSON.stringify({ name, password: PASSWORD });
  await fetch(`${url}/register`, { method: 'POST', headers: JSON_TYPE, body });
  const authorization = `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString('base64')}`;
  const response = await fetch(`${url}/login`, { method: 'GET', headers: { authorization } });
  return { ...(await response.json()), authorization };
}

/** Creates authors one by one. */
export async function fill({ url, token }, count = 20) {
  const headers = { authorization: `Bearer ${token}`, ...JSON_TYPE };
  for (let i = 0; i < count; i += 1) {
    const body = CREATE.body.replaceAll('{n}', i);
    const answer = await fetch(`${url}/author`, { method: 'POST', headers, body });
    if (answer.status !== 201) {
      throw new Error(`POST /author returned ${answer.status}`);
    }
  }
}

/** The requests that every server knows. */
export const LIST = { path: '/authors?limit=20' };
export const RECORD = { path: '/authors/7' };
export const CREATE = {
  method: 'POST',
  path: '/author',
  headers: JSON_TYPE,
  body: '{"name":"Author {n}","book":"Book {n}","country":"Ireland","booker_prize":true}',
};

async function start(script, args, { env, ready, isPinned = true }) {
  const directory = mkdtempSync(join(tmpdir(), 'library-bench-'));
  const log = join(directory, 'log');
  const command = [process.execPath, script, ...args];
  const [program, rest] = isPinned ? pinned(true, command) : [command[0], command.slice(1)];
  const begin = performance.now();
  const child = spawn(program, rest, {
    env: { ...process.env, ...env(directory) },
    stdio: ['ignore', openSync(log, 'w'), 'inherit'],
  });
  const ended = new Promise(resolve => child.once('exit', resolve));
  let found;
  while ((found = ready(readFileSync(log, 'utf8')) ?? undefined) === undefined) {
    if (child.exitCode !== null) {
      throw new Error(`${script} exited before it was ready`);
    }
    await sleep(POLL_MS);
  }
  const startMs = performance.now() - begin;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  return { found, stop, startMs, dataDir: directory, pid: child.pid };
}
