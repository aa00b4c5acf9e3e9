// How long other requests wait during a long import: reads relative to idle, writes in milliseconds.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { records } from './pages.mjs';
import { account, startProduct } from './servers.mjs';

const LONGEST_WRITE_MS = { skip: 50, abort: 5000 };
const IDLE_MS = 4000;

const p99 = times => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)];

/** The imports: over HTTP, into existing records, and by the command line while the server runs. */
const IMPORTS = [
  { what: 'on_error=skip', onError: 'skip' },
  { what: 'on_error=abort', onError: 'abort' },
  { what: 'on_error=abort, again with on_conflict=update', onError: 'abort', again: true },
  { what: 'library-api import --on-error skip', onError: 'skip', isCommand: true },
  { what: 'library-api import', onError: 'abort', isCommand: true },
];

export async function measureWaits(lines, table) {
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
    const read = ({ token }) =>
      fetch(`${url}/authors?limit=20`, { headers: { authorization: `Bearer ${token}` } });
    const loops = importer => ({
      'GET /authors': () => read(other),
      'GET /authors of the same account': () => read(importer),
      write,
    });
    for (let i = 0; i < 20; i += 1) {
      await write();
    }
    const idle = await waits(loops(await account(url, 'idle')), sleep(IDLE_MS));
    let importer;
    for (const [index, { what, onError, again, isCommand }] of IMPORTS.entries()) {
      const name = `importer ${index}`;
      importer = again ? importer : await account(url, name);
      const target = `${url}/authors/import?on_error=${onError}${again ? '&on_conflict=update' : ''}`;
      const args = isCommand
        ? ['dist/cli.js', 'import', file, '--user', name, '--on-error', onError]
        : ['bench/upload.mjs', file, target, importer.token];
      const env = { ...process.env, DATA_DIR: dataDir };
      const importing = spawn(process.execPath, args, {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let answer = '';
      importing.stdout.on('data', text => (answer += text));
      const busy = await waits(loops(importer), once(importing, 'exit'));
      if (!new RegExp(isCommand ? `^${lines} created` : '^200 ').test(answer)) {
        throw new Error(`the import returned ${answer.slice(0, 300)}`);
      }
      const during = `during an import of ${lines} lines, ${what}`;
      for (const request of Object.keys(busy).filter(each => each !== 'write')) {
        const [before, meanwhile] = [p99(idle[request]), p99(busy[request])];
        table.row(
          `${request} p99 ${during} ÷ idle`,
          meanwhile / before,
          3,
          3,
          `${meanwhile.toFixed(1)} ms, idle ${before.toFixed(1)} ms`,
        );
      }
      const longest = LONGEST_WRITE_MS[onError];
      const most = Math.max(...busy.write);
      table.row(
        `longest POST /author ${during} ÷ ${longest} ms`,
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

/** Sends these requests one after the other until `end`; returns the milliseconds of each. */
async function waits(requests, end) {
  let isGoing = true;
  const loops = Object.entries(requests).map(async ([name, request]) => {
    const times = [];
    while (isGoing) {
      const begin = performance.now();
      const answer = await request();
      await answer.arrayBuffer();
      // A write that has waited too long gets 503: its time counts.
      if (!answer.ok && answer.status !== 503) {
        throw new Error(`${name} returned ${answer.status}`);
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
