// How long others wait while an import of many lines runs: reads as a ratio to idle ones, writes in milliseconds.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { records } from './pages.mjs';
import { account, startProduct } from './servers.mjs';

const LONGEST_WRITE_MS = { skip: 50, abort: 2000 };
const IDLE_MS = 4000;

const p99 = times => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];

export async function measureWaits(lines, report) {
  const server = await startProduct();
  const { url, dataDir } = server;
  try {
    const file = join(dataDir, 'lines.ndjson');
    writeFileSync(file, [...records(lines)].join(''));
    const other = await account(url, 'other');
    const headers = { authorization: `Bearer ${other.token}`, 'content-type': 'application/json' };
    let made = 0;
    const write = () => {
      made += 1;
      const body = JSON.stringify({ name: 'Other', book: `Book ${made}`, country: 'Ireland' });
      return fetch(`${url}/author`, { method: 'POST', headers, body });
    };
    const read = () => fetch(`${url}/authors?limit=20`, { headers });
    for (let i = 0; i < 20; i += 1) {
      await write();
    }
    const idle = await waits({ read, write }, sleep(IDLE_MS));
    for (const [onError, longest] of Object.entries(LONGEST_WRITE_MS)) {
      const { token } = await account(url, `importer ${onError}`);
      const target = `${url}/authors/import?on_error=${onError}`;
      const args = ['bench/upload.mjs', file, target, token];
      const importing = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let answer = '';
      importing.stdout.on('data', text => (answer += text));
      const busy = await waits({ read, write }, once(importing, 'exit'));
      if (!answer.startsWith('200 ')) {
        throw new Error(`the import answered ${answer.slice(0, 300)}`);
      }
      const what = `while ${lines} lines are imported, on_error=${onError}`;
      const [before, meanwhile] = [p99(idle.read), p99(busy.read)];
      report(
        `GET /authors p99 ${what} ÷ idle`,
        meanwhile / before,
        3,
        3,
        `${meanwhile.toFixed(1)} ms beside ${before.toFixed(1)} ms`,
      );
      const most = Math.max(...busy.write);
      report(
        `longest POST /author ${what} ÷ ${longest} ms`,
        most / longest,
        1,
        1,
        `${most.toFixed(1)} ms, of ${busy.write.length}; idle ${Math.max(...idle.write).toFixed(1)} ms`,
      );
    }
  } finally {
    await server.stop();
  }
}

/** Milliseconds of each of these requests, one after the other without pause, until something ends. */
async function waits(requests, end) {
  let isGoing = true;
  const loops = Object.entries(requests).map(async ([name, request]) => {
    const times = [];
    while (isGoing) {
      const begin = performance.now();
      const answer = await request();
      await answer.arrayBuffer();
      if (!answer.ok) {
        throw new Error(`${name} answered ${answer.status}`);
      }
      times.push(performance.now() - begin);
      await sleep(5);
    }
    return [name, times];
  });
  await Promise.race([end, ...loops]);
  isGoing = false;
  return Object.fromEntries(await Promise.all(loops));
}
