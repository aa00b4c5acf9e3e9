// Requests a second and CPU time a request: the product, the raw limit, and what others write, in alternating rounds.
import { median, rss } from './figures.mjs';
import { load } from './load.mjs';
import {
  account,
  CREATE,
  fill,
  installTextbook,
  LIST,
  RECORD,
  startPeer,
  startProduct,
} from './servers.mjs';

const ROUNDS = 5;
/** A user may log in 30 times a minute. */
const USERS = 24;

const KINDS = [
  ['GET /authors, 20 rows', LIST, 0.6, 0.85],
  ['GET /authors/{id}', RECORD, 0.45, 0.65],
  ['POST /author', CREATE, 0.8, 2],
];

export async function measureThroughput(table) {
  installTextbook();
  const servers = {
    raw: await startPeer('bench/raw-server.mjs'),
    'Fastify + better-sqlite3': await startPeer('bench/fastify-server.mjs'),
    'library-api': await startProduct(),
    'textbook Nest': await startPeer('bench/textbook/app.mjs'),
  };
  const { 'library-api': product, 'textbook Nest': textbook } = servers;
  try {
    const users = [];
    for (let i = 0; i < USERS; i += 1) {
      users.push(await account(product.url, `user ${i}`));
    }
    product.token = users[0].token;
    const theirs = await account(textbook.url);
    textbook.token = theirs.token;
    for (const server of Object.values(servers)) {
      await fill(server);
      await load(server, LIST, { seconds: 1 });
    }
    for (const [what, request, must, aim] of KINDS) {
      compare(table, what, await rounds(servers, request), must, aim);
    }
    const logins = {
      'library-api': users.map(user => ({
        authorization: user.authorization,
        'x-device-token': user.device_token,
      })),
      'textbook Nest': theirs,
    };
    noteUnits(table, 'GET /login, 8 clients', await loginRounds(servers, logins));
    await measureTail(table, product, logins['library-api']);
    table.note('memory after this', mebibytes(servers), 'MiB');
  } finally {
    for (const server of Object.values(servers)) {
      await server.stop();
    }
  }
}

const mebibytes = servers =>
  Object.fromEntries(
    Object.entries(servers).map(([name, { pid }]) => [name, Math.round(rss(pid))]),
  );

/** The results of each server, one a round; each round begins with another server. */
async function rounds(servers, request) {
  const names = Object.keys(servers);
  const results = Object.fromEntries(names.map(name => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(i + round) % names.length];
      results[name].push(await load(servers[name], request));
    }
  }
  return results;
}

function compare(table, what, results, must, aim) {
  const ratios = pick => results.raw.map((raw, at) => pick(raw, results['library-api'][at]));
  const spread = all => `${round(Math.min(...all))} to ${round(Math.max(...all))}`;
  const perSecond = ratios((raw, ours) => ours.perSecond / raw.perSecond);
  const cpu = ratios((raw, ours) => raw.cpu / ours.cpu);
  const cost = median(results.raw.map(raw => raw.cost / raw.cpu));
  table.row(`${what}, requests a second ÷ raw`, median(perSecond), must, aim, spread(perSecond));
  table.row(`${what}, CPU time of raw ÷ ours`, median(cpu), must, aim, spread(cpu));
  noteUnits(table, what, results);
  table.note(`${what}: the generator's CPU time ÷ raw's`, { generator: round(cost) }, '');
}

function noteUnits(table, what, results) {
  for (const [unit, member] of Object.entries(UNITS)) {
    table.note(what, medians(results, member), unit);
  }
}

const UNITS = {
  'requests/s': 'perSecond',
  'µs CPU': 'cpu',
  'ms p50': 'p50',
  'ms p99': 'p99',
  'ms p99.9': 'p999',
};

const medians = (results, member) =>
  Object.fromEntries(
    Object.entries(results).map(([name, all]) => [
      name,
      round(median(all.map(each => each[member]))),
    ]),
  );

const round = number => (number >= 100 ? Math.round(number) : Number(number.toPrecision(3)));

async function loginRounds(servers, headers) {
  const results = { 'library-api': [], 'textbook Nest': [] };
  for (let i = 0; i < 3; i += 1) {
    for (const name of Object.keys(results)) {
      const request = { path: '/login', headers: headers[name] };
      results[name].push(await load(servers[name], request, { connections: 8 }));
    }
  }
  return results;
}

/** The slowest pages of the product, without other work and while others log in. */
async function measureTail(table, product, headers) {
  const idle = [];
  const busy = [];
  const seconds = 4;
  for (let i = 0; i < ROUNDS; i += 1) {
    idle.push(await load(product, LIST, { seconds }));
    const logins = whileLoggingIn(product, headers);
    busy.push(await load(product, LIST, { seconds }));
    await logins.stop();
  }
  const ms = each => `${round(each.p50)} ms p50, ${round(each.p99)} ms p99`;
  const ratio = median(idle.map(({ p50, p99 }) => p99 / p50));
  table.row('GET /authors p99 ÷ its median, idle', ratio, 5, 3, ms(idle[0]));
  const slowed = median(busy.map(({ p99 }, at) => p99 / idle[at].p99));
  table.row('GET /authors p99 while 8 clients log in ÷ idle', slowed, 3, 1.5, ms(busy[0]));
}

/** Eight clients that log in one time after the other, until `stop` is called. */
function whileLoggingIn({ url }, users) {
  let isGoing = true;
  const clients = users.slice(0, 8).map(async headers => {
    while (isGoing) {
      const answer = await fetch(`${url}/login`, { method: 'POST', headers });
      await answer.arrayBuffer();
    }
  });
  return {
    stop() {
      isGoing = false;
      return Promise.all(clients);
    },
  };
}
