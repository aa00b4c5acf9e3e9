// Throughput of one and two server processes on SQLite and on PostgreSQL, and of a server that only has `pg`.
// Load, servers and PostgreSQL share the cores of this machine.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './figures.mjs';
import { load } from './load.mjs';
import { startPostgres } from './postgres.mjs';
import { account, CREATE, fill, LIST, RECORD, startPeer, startProduct } from './servers.mjs';

const ROUNDS = 3;
const SECRET_KEY = randomBytes(32).toString('base64');
const KINDS = {
  'GET /authors, 20 rows': LIST,
  'GET /authors/{id}': RECORD,
  'POST /author': CREATE,
};

export async function measureProcesses(table) {
  const results = {};
  for (const count of [1, 2]) {
    const name = `SQLite × ${count}`;
    const server = await startProduct({ WEB_CONCURRENCY: String(count) });
    results[name] = await measure([server]);
    await server.stop();
  }
  const postgres = await startPostgres();
  try {
    const env = { DATABASE_URL: postgres.url, SECRET_KEY };
    const servers = [await startProduct(env), await startProduct(env)];
    results['PostgreSQL × 1'] = await measure(servers.slice(0, 1));
    results['PostgreSQL × 2'] = await measure(servers);
    const raw = await startPeer('bench/raw-postgres-server.mjs', env);
    results['pg alone'] = await measure([raw]);
    await Promise.all([raw, ...servers].map(server => server.stop()));
  } finally {
    await postgres.stop();
  }
  for (const what of Object.keys(KINDS)) {
    const all = Object.entries(results).map(([name, each]) => [name, Math.round(each[what])]);
    table.note(what, Object.fromEntries(all), 'requests/s');
  }
  const [write] = Object.keys(KINDS).slice(-1);
  const ratio = results['PostgreSQL × 1'][write] / results['pg alone'][write];
  table.row('POST /author on PostgreSQL ÷ pg alone, the same statements', ratio, 0.8, 0.8, '');
}

/** Requests a second of each kind, the sum over these servers. */
async function measure(servers) {
  const token = servers[0].token ?? (await account(servers[0].url)).token;
  const all = servers.map(server => ({ ...server, token }));
  await fill(all[0]);
  // Other processes of the port may still be starting.
  await sleep(2000);
  const perSecond = {};
  for (const [what, request] of Object.entries(KINDS)) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const loads = all.map(each => load(each, request, { connections: 32 / all.length }));
      rounds.push((await Promise.all(loads)).reduce((sum, each) => sum + each.perSecond, 0));
    }
    perSecond[what] = median(rounds);
  }
  return perSecond;
}
