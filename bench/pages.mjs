// The cost of a page for an owner with a thousand authors, and for one with many.
import { randomBytes } from 'node:crypto';
import { startPostgres } from './postgres.mjs';
import { account, startProduct } from './servers.mjs';

const FEW = 1000;
const REPEATS = 200;

const ORDERS = [
  'sort=id',
  'sort=-name',
  'sort=country',
  'sort=-booker_prize',
  'sort=-created_at',
  'country=Ireland',
  'country=Ireland&sort=name',
];
const SEARCHES = [
  'q=rare',
  'q=vol',
  'q=author+17',
  'q=nothing',
  'q=country+58',
  'q=rare&sort=-name',
  'q=ireland+4999&sort=book',
];

/** Records as NDJSON: 1 in 100 has a rare word, half share a country, the rest have a hundred countries. */
export function* records(count) {
  for (let i = 0; i < count; i += 1) {
    const book = i % 100 === 0 ? `Rare volume ${i}` : `Volume ${i}`;
    const country = i % 2 === 0 ? `Country ${(i * 7919) % 200}` : 'Ireland';
    yield `${JSON.stringify({ name: `Author ${i % 5000}`, book, country, booker_prize: i % 7 === 0 })}\n`;
  }
}

export async function importRecords(url, token, count, query = '') {
  const source = records(count);
  const body = new ReadableStream({
    pull(controller) {
      const { value, done } = source.next();
      if (done) {
        controller.close();
        return;
      }
      let chunk = value;
      for (let i = 0; i < 500; i += 1) {
        const next = source.next();
        if (next.done) {
          break;
        }
        chunk += next.value;
      }
      controller.enqueue(Buffer.from(chunk));
    },
  });
  const answer = await fetch(`${url}/authors/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  });
  const result = await answer.json();
  if (result.created !== count) {
    throw new Error(`the import returned ${answer.status} ${JSON.stringify(result).slice(0, 300)}`);
  }
}

/** Milliseconds for one page: the median of many. */
async function cost(url, token, path) {
  const times = [];
  for (let i = 0; i < REPEATS; i += 1) {
    const begin = performance.now();
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    if (answer.status !== 200) {
      throw new Error(`${path} returned ${answer.status}`);
    }
    times.push(performance.now() - begin);
  }
  return times.toSorted((a, b) => a - b)[REPEATS / 2];
}

export async function measurePages(many, table) {
  await measureOn('SQLite', {}, many, table);
  const postgres = await startPostgres();
  const SECRET_KEY = randomBytes(32).toString('base64');
  try {
    await measureOn('PostgreSQL', { DATABASE_URL: postgres.url, SECRET_KEY }, many, table);
  } finally {
    await postgres.stop();
  }
}

async function measureOn(on, env, many, table) {
  const server = await startProduct(env);
  const { url } = server;
  try {
    const few = await account(url, 'few');
    const lots = await account(url, 'lots');
    await importRecords(url, few.token, FEW);
    await importRecords(url, lots.token, many);
    for (const order of ORDERS) {
      const path = `/authors?limit=20&${order}`;
      await cost(url, few.token, path);
      const small = await cost(url, few.token, path);
      const large = await cost(url, lots.token, path);
      table.row(
        `page cost on ${on}, ${order}, ${many} ÷ ${FEW} authors`,
        large / small,
        1.2,
        1.05,
        ms(large, small),
      );
    }
    const plain = await cost(url, lots.token, '/authors?limit=20');
    for (const query of SEARCHES) {
      const search = await cost(url, lots.token, `/authors?limit=20&${query}`);
      table.row(
        `search page cost on ${on}, ${query}, ${many} authors ÷ plain page`,
        search / plain,
        5,
        2,
        ms(search, plain),
      );
    }
  } finally {
    await server.stop();
  }
}

const ms = (a, b) => `${a.toFixed(2)} ms, compared with ${b.toFixed(2)} ms`;
