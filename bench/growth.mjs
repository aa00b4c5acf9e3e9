// What each request costs as the database grows, on SQLite: records of one owner, users, records in all.
import { join } from 'node:path';
import { Driver as Database } from '#dist/database/sqlite-driver.js';
import { median } from './figures.mjs';
import { importRecords } from './pages.mjs';
import { account, startProduct } from './servers.mjs';

const OWNED = [1_000, 100_000, 1_000_000];
const USERS = 100_000;
const REPEATS = 100;
const LINES = 1_000;

/** `records` is how many there are at the end, in accounts of 1,000,000 each. */
export async function measureGrowth(records, table) {
  const server = await startProduct({ MAX_IMPORTS_PER_USER: '100' });
  try {
    const owners = [];
    for (const count of OWNED) {
      const owner = await account(server.url, `owner of ${count}`);
      await importRecords(server.url, owner.token, count);
      owners.push({ ...owner, count });
    }
    await noteAll(table, server, owners, `${sum(OWNED)} records in all`);
    addUsers(join(server.dataDir, 'library.db'));
    await noteAll(table, server, owners, `and ${USERS} users more`);
    for (let all = sum(OWNED); all < records; all += 1_000_000) {
      const { token } = await account(server.url, `million from ${all}`);
      await importRecords(server.url, token, 1_000_000);
    }
    await noteAll(table, server, owners, `${records} records in all`);
  } finally {
    await server.stop();
  }
}

const sum = numbers => numbers.reduce((all, each) => all + each, 0);

async function noteAll(table, server, owners, when) {
  const figures = {};
  for (const owner of owners) {
    for (const [what, ms] of Object.entries(await costs(server.url, owner))) {
      (figures[what] ??= {})[`of ${owner.count}`] = Number(ms.toFixed(2));
    }
  }
  for (const [what, each] of Object.entries(figures)) {
    table.note(`${what}, ${when}`, each, 'ms');
  }
}

let made = 0;

/** Milliseconds of each request, the median of many that follow each other. */
async function costs(url, { token }) {
  const headers = { authorization: `Bearer ${token}` };
  const json = { ...headers, 'content-type': 'application/json' };
  const {
    list_of_authors: [{ id }],
  } = await (await fetch(`${url}/authors?limit=1`, { headers })).json();
  const author = () =>
    JSON.stringify({ name: 'Growth', book: `Book ${(made += 1)}`, country: 'Mali' });
  const create = () => fetch(`${url}/author`, { method: 'POST', headers: json, body: author() });
  const lines = () => Array.from({ length: LINES }, author).join('\n');
  const ndjson = { ...headers, 'content-type': 'application/x-ndjson' };
  const upload = () =>
    fetch(`${url}/authors/import`, { method: 'POST', headers: ndjson, body: lines() });
  const all = {
    page: await times(() => fetch(`${url}/authors?limit=20&sort=-name`, { headers })),
    record: await times(() => fetch(`${url}/authors/${id}`, { headers })),
    search: await times(() => fetch(`${url}/authors?limit=20&q=rare`, { headers })),
    write: await times(create),
    [`import of ${LINES}`]: await times(upload, 5),
  };
  const begin = performance.now();
  const answer = await fetch(`${url}/authors?country=Mali`, { method: 'DELETE', headers });
  const { deleted } = await answer.json();
  return { ...all, 'deletion of 1,000': ((performance.now() - begin) / deleted) * 1_000 };
}

async function times(request, repeats = REPEATS) {
  const all = [];
  for (let i = 0; i < repeats; i += 1) {
    const begin = performance.now();
    const answer = await request();
    await answer.arrayBuffer();
    if (!answer.ok) {
      throw new Error(`${answer.url} returned ${answer.status}`);
    }
    all.push(performance.now() - begin);
  }
  return median(all);
}

/** Users who registered long ago; they have no password that anybody knows. */
function addUsers(file) {
  const db = new Database(file);
  const [sample] = db.prepare('SELECT * FROM users LIMIT 1').all();
  const columns = Object.keys(sample).filter(name => name !== 'id');
  const insert = db.prepare(
    `INSERT INTO users (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  db.transaction(() => {
    for (let i = 0; i < USERS; i += 1) {
      const user = { ...sample, name: `member ${i}`, name_key: `member ${i}`, public_id: uuid(i) };
      insert.run(columns.map(name => user[name]));
    }
  })();
  db.close();
}

const uuid = i => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
