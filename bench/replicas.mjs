// Throughput of one and three server processes on SQLite and PostgreSQL, relative to one process on SQLite.
// The load and PostgreSQL run on the same machine and share its cores.
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { creating, newAuthor } from './figures.mjs';
import { startPostgres } from './postgres.mjs';
import { account, startProduct } from './servers.mjs';

const CONNECTIONS = 32;
const SECONDS = 4;
const ROUNDS = 2;
const SECRET_KEY = randomBytes(32).toString('base64');

const json = { 'content-type': 'application/json' };
const LOADS = {
  'GET /authors, 20 rows': { path: '/authors?limit=20' },
  'GET /authors/{id}': { path: '/authors/1' },
  'POST /author': { path: '/author', ...creating },
};

export async function measureReplicas(print = console.log) {
  const results = {};
  for (const name of ['SQLite × 1', 'SQLite × 3', 'PostgreSQL × 1', 'PostgreSQL × 3']) {
    const [kind, count] = name.split(' × ');
    results[name] = await (kind === 'SQLite' ? onSqlite(count) : onPostgres(Number(count)));
  }
  print(`throughput on ${availableParallelism()} cores, shared with the load and PostgreSQL:`);
  for (const what of Object.keys(LOADS)) {
    const floor = results['SQLite × 1'][what];
    const ratios = Object.entries(results).map(
      ([name, each]) => `${name}: ${(each[what] / floor).toFixed(2)}`,
    );
    print(`     ${what}: ${ratios.join(', ')} (SQLite × 1: ${Math.round(floor)}/s)`);
  }
}

async function onSqlite(processes) {
  const server = await startProduct({ WEB_CONCURRENCY: processes });
  try {
    return await measure([server.url]);
  } finally {
    await server.stop();
  }
}

async function onPostgres(replicas) {
  const postgres = await startPostgres();
  const env = { DATABASE_URL: postgres.url, SECRET_KEY };
  const servers = await Promise.all(Array.from({ length: replicas }, () => startProduct(env)));
  try {
    return await measure(servers.map(({ url }) => url));
  } finally {
    await Promise.all(servers.map(server => server.stop()));
    await postgres.stop();
  }
}

/** Requests per second of each load, summed over these servers. */
async function measure(urls) {
  const { token } = await account(urls[0]);
  const headers = { authorization: `Bearer ${token}` };
  for (let i = 0; i < 20; i += 1) {
    const answer = await fetch(`${urls[0]}/author`, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: newAuthor(),
    });
    if (answer.status !== 201) {
      throw new Error(`POST /author returned ${answer.status}`);
    }
  }
  // Other processes of the port may still be starting.
  await sleep(2000);
  const perSecond = {};
  for (const [what, { path, ...load }] of Object.entries(LOADS)) {
    perSecond[what] = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const runs = urls.map(url =>
        autocannon({
          url: url + path,
          headers,
          connections: Math.ceil(CONNECTIONS / urls.length),
          duration: SECONDS,
          ...load,
        }),
      );
      for (const { requests, non2xx, errors } of await Promise.all(runs)) {
        if (non2xx > 0 || errors > 0) {
          throw new Error(`${path}: ${non2xx} responses were not 2xx, ${errors} errors`);
        }
        perSecond[what] += requests.average / ROUNDS;
      }
    }
  }
  return perSecond;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await measureReplicas();
}
