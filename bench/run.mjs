// Compares the product with a raw server, in one run on one machine. Only the ratios count.
// `npm run bench -- --authors 100000` measures page costs with fewer records.
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { creating, median, newAuthor } from './figures.mjs';
import { account, startProduct, startRaw } from './servers.mjs';
import { measureImport } from './import.mjs';
import { measurePages } from './pages.mjs';
import { measureReplicas } from './replicas.mjs';
import { measureStart } from './start.mjs';
import { measureWaits } from './waits.mjs';

const CONNECTIONS = 32;
const SECONDS = 4;
const ROUNDS = 3;

const { values } = parseArgs({
  options: {
    authors: { type: 'string', default: '1000000' },
    lines: { type: 'string', default: '300000' },
  },
});

const round = number => Math.round(number * 100) / 100;

export function report(what, ratio, must, aim, details) {
  const reached = must >= aim ? ratio <= must : ratio >= must;
  console.log(
    `${reached ? 'ok  ' : 'MISS'} ${what}: ${round(ratio)} (must ${must}, aim ${aim}) ${details}`,
  );
  process.exitCode = reached ? process.exitCode : 1;
}

const asIs = {};
async function load({ url, token }, path, options = asIs) {
  const result = await autocannon({
    url: url + path,
    connections: CONNECTIONS,
    duration: SECONDS,
    headers: { authorization: `Bearer ${token}` },
    ...options,
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${path}: ${result.non2xx} responses were not 2xx, ${result.errors} errors`);
  }
  return { perSecond: result.requests.average, p99: result.latency.p99 };
}

/** Requests per second, product ÷ raw server: the median of alternating rounds. */
async function comparedWithRaw(product, raw, path, options) {
  const pairs = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const floor = await load(raw, path, options);
    const ours = await load(product, path, options);
    pairs.push({ ratio: ours.perSecond / floor.perSecond, ours, floor });
  }
  const ratio = median(pairs.map(pair => pair.ratio));
  const { ours, floor } = pairs.find(pair => pair.ratio === ratio);
  return [ratio, `${Math.round(ours.perSecond)}/s, raw ${Math.round(floor.perSecond)}/s`];
}

async function whileLoggingIn(product, work) {
  let going = true;
  let logins = 0;
  // Each may log in 30 times: beyond that the answer costs no hash.
  const users = [];
  for (let i = 0; i < 8; i += 1) {
    users.push(await account(product.url, `client ${i}`));
  }
  const client = async user => {
    while (going) {
      const answer = await fetch(`${product.url}/login`, {
        method: 'POST',
        headers: { authorization: user.authorization, 'x-device-token': user.device_token },
      });
      await answer.arrayBuffer();
      logins += Number(answer.status === 200);
    }
  };
  const clients = users.map(client);
  const result = await work();
  going = false;
  await Promise.all(clients);
  return { result, logins };
}

const server = await startProduct();
const product = { ...server, ...(await account(server.url)) };
const raw = await startRaw();
try {
  for (const each of [product, raw]) {
    const headers = { authorization: `Bearer ${each.token}`, 'content-type': 'application/json' };
    for (let i = 0; i < 20; i += 1) {
      await fetch(`${each.url}/authors`, { method: 'POST', headers, body: newAuthor() });
    }
  }
  report(
    'GET /authors, 20 rows',
    ...withBounds(await comparedWithRaw(product, raw, '/authors?limit=20'), 0.6, 0.85),
  );
  report(
    'GET /authors/{id}',
    ...withBounds(await comparedWithRaw(product, raw, '/authors/1'), 0.45, 0.65),
  );
  report(
    'POST /author',
    ...withBounds(await comparedWithRaw(product, raw, '/author', creating), 0.8, 2),
  );

  const idle = await load(product, '/authors?limit=20');
  const { result: busy, logins } = await whileLoggingIn(product, () =>
    load(product, '/authors?limit=20'),
  );
  report(
    'GET /authors p99 while 8 clients log in ÷ idle',
    busy.p99 / idle.p99,
    3,
    1.5,
    `${busy.p99} ms, idle ${idle.p99} ms, ${logins} logins`,
  );
} finally {
  await raw.stop();
  await product.stop();
}
await measurePages(Number(values.authors), report);
await measureImport(Number(values.lines), report);
await measureWaits(Number(values.lines), report);
await measureStart(report);
await measureReplicas();

function withBounds([ratio, details], must, aim) {
  return [ratio, must, aim, details];
}
