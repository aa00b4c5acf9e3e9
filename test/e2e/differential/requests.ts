import { PASSWORD, basic } from '../../support/client.js';
import { accounts } from './accounts.js';
import type { Step } from './play.js';
import { IDS, NO_TEXTS, QUERIES, TEXTS } from './texts.js';

const MEMBERS = ['name', 'book', 'country'] as const;
const RECORD = { name: 'Name', book: 'Book', country: 'Land' };

/** Every request, in order. `admin` has the password of all test accounts. */
export function requests(admin: string): Step[] {
  return [
    { method: 'POST', path: '/register', json: { name: 'Ada', password: PASSWORD } },
    { method: 'POST', path: '/register', json: { name: 'Ben', password: PASSWORD } },
    loginStep('Ada', 'ada'),
    loginStep('Ben', 'ben'),
    loginStep(admin, 'admin'),
    ...records(),
    ...lists(),
    ...singles(),
    ...conditions(),
    ...transfers(),
    ...accounts(admin),
    ...surroundings(),
  ];
}

function loginStep(name: string, as: string): Step {
  const keep = { [as]: 'token', [`${as}Refresh`]: 'refresh_token', [`${as}Session`]: 'session_id' };
  return {
    method: 'POST',
    path: '/login',
    headers: { authorization: basic(name, PASSWORD) },
    keep,
  };
}

function records(): Step[] {
  const create = (json: unknown): Step => ({ method: 'POST', path: '/authors', as: 'ada', json });
  return [
    ...TEXTS.map((name, index) => create({ ...RECORD, name, booker_prize: index % 3 === 0 })),
    ...TEXTS.map((book, index) => create({ ...RECORD, name: `${index}`, book })),
    ...MEMBERS.flatMap(member => NO_TEXTS.map(value => create({ ...RECORD, [member]: value }))),
    ...[null, 0, 1, 'true', [], {}].map(booker_prize => create({ ...RECORD, booker_prize })),
    ...[[], null, 'text', 1, {}, { ...RECORD, more: 1 }, { ...RECORD, id: 1 }].map(create),
    ...['{', '{"name":"a","name":"b"}', '{"__proto__":1}', '[', '\u0000', '"\\ud800"', ''].map(
      (body): Step => ({
        method: 'POST',
        path: '/author',
        as: 'ada',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    ),
    { method: 'POST', path: '/author', as: 'ben', json: RECORD, keep: { foreign: 'id' } },
    { method: 'POST', path: '/author', as: 'ada', json: RECORD, keep: { own: 'id' } },
    { method: 'POST', path: '/author', as: 'ada', json: RECORD },
    { method: 'POST', path: '/author', as: 'ada', json: { ...RECORD, name: 'NAME' } },
    ...[1, 2].map(() => keyed('once', { ...RECORD, name: 'Keyed' })),
    keyed('once', { ...RECORD, name: 'Other' }),
    ...['', 'x'.repeat(255), 'x'.repeat(256), '"quoted"', '\u00e9'].map(key =>
      keyed(key, { ...RECORD, name: `Keyed ${key.slice(0, 9)}` }),
    ),
  ];
}

const keyed = (key: string, json: object): Step => ({
  method: 'POST',
  path: '/authors',
  as: 'ada',
  headers: { 'idempotency-key': key },
  json,
});

function lists(): Step[] {
  const list = (query: string, keep?: Step['keep']): Step => ({
    method: 'GET',
    path: `/authors?${query}`,
    as: 'ada',
    keep,
  });
  const wellFormed = TEXTS.filter(text => text.isWellFormed?.() ?? !/[\ud800-\udfff]/u.test(text));
  const encoded = wellFormed.map(encodeURIComponent);
  const walks = ['sort=name', 'sort=-book', 'booker_prize=true&sort=-id', 'q=land'];
  return [
    ...QUERIES.map(query => list(query)),
    ...encoded.map(text => list(`name=${text}`)),
    ...encoded.map(text => list(`q=${text}`)),
    ...walks.flatMap(query => [
      list(`${query}&limit=7`, { next: 'next_cursor' }),
      list(`${query}&limit=7&cursor={{next}}`, { next: 'next_cursor' }),
      list(`${query}&limit=9&cursor={{next}}`),
      list(`sort=country&cursor={{next}}`),
      { ...list(`${query}&limit=7&cursor={{next}}`), as: 'ben' },
    ]),
  ];
}

function singles(): Step[] {
  const ids = [...IDS, '{{foreign}}'];
  return [
    { method: 'GET', path: '/authors/{{own}}', as: 'ada' },
    { method: 'HEAD', path: '/authors/{{own}}', as: 'ada' },
    ...ids.map((id): Step => ({ method: 'GET', path: `/authors/${id}`, as: 'ada' })),
    ...ids.map((id): Step => ({ method: 'DELETE', path: `/authors/${id}`, as: 'ada' })),
    ...ids
      .slice(-8)
      .flatMap((id): Step[] => [
        { method: 'PUT', path: `/authors/${id}`, as: 'ada', json: RECORD },
        { ...patch(`/authors/${id}`, { name: 'Changed' }) },
      ]),
    ...TEXTS.map(name => patch('/authors/{{own}}', { name, book: 'Patched' })),
    ...[...NO_TEXTS, [1]].map(country => patch('/authors/{{own}}', { country })),
    patch('/authors/{{own}}', {}),
    patch('/authors/{{own}}', { booker_prize: null }),
    patch('/authors/{{own}}', { version: 9 }),
    { method: 'PUT', path: '/authors/{{own}}', as: 'ada', json: { name: 'Only' } },
    { method: 'PUT', path: '/authors/{{own}}', as: 'ada', json: { ...RECORD, name: 'plain' } },
    { method: 'PUT', path: '/authors/{{own}}', as: 'ada', json: { ...RECORD, book: 'Own' } },
  ];
}

const patch = (path: string, json: unknown, headers: Record<string, string> = {}): Step => ({
  method: 'PATCH',
  path,
  as: 'ada',
  headers: { 'content-type': 'application/merge-patch+json', ...headers },
  json,
});

function conditions(): Step[] {
  const tags = ['"{{made}}-1"', '"{{made}}-2"', 'W/"{{made}}-1"', '*', '"x"', 'x', '', '"a", "b"'];
  const path = '/authors/{{made}}';
  return tags.flatMap((tag, index): Step[] => [
    {
      method: 'POST',
      path: '/authors',
      as: 'ada',
      json: { ...RECORD, name: 'Made', book: `${index}` },
      keep: { made: 'id' },
    },
    { method: 'GET', path, as: 'ada', headers: { 'if-none-match': tag } },
    patch(path, { country: 'First' }, { 'if-match': tag }),
    patch(path, { country: 'Second' }, { 'if-none-match': tag }),
    { method: 'DELETE', path, as: 'ada', headers: { 'if-match': tag } },
    { method: 'DELETE', path: '/authors/{{foreign}}', as: 'ada', headers: { 'if-match': tag } },
    { method: 'DELETE', path, as: 'ada' },
  ]);
}

const NDJSON = 'application/x-ndjson';
const line = (book: string, more: object = {}): string =>
  JSON.stringify({ ...RECORD, name: 'Moved', book, ...more });

const FILES: readonly [type: string, body: string][] = [
  [NDJSON, [line('1'), line('2'), line('3', { booker_prize: true })].join('\n')],
  [NDJSON, [line('3'), line('4'), line('4', { country: 'Twice' })].join('\n')],
  [NDJSON, [line('5'), '{', line(''), line('nul\u0000'), line('lone\ud800'), line('6')].join('\n')],
  [NDJSON, `\ufeff${line('7')}\r\n\r\n${line('8')}\n\n`],
  [NDJSON, ''],
  ['text/csv', 'name,book,country,booker_prize\nMoved,9,Land,true\n"Mo""ved","1,0",\'=Land,\n'],
  ['text/csv', 'book,name\nonly,two\n'],
  ['text/csv', 'name,book,country\n"open,1,Land\n'],
  ['text/csv; charset=utf-8', `name,book,country\n${'x'.repeat(151)},1,Land\na,b\na,b,c,d\n`],
  ['application/xml', '<a/>'],
];

function transfers(): Step[] {
  const variants = ['', '?on_conflict=skip', '?on_conflict=update&on_error=skip', '?on_error=skip'];
  return [
    ...FILES.flatMap(([type, body]) =>
      variants.map((query): Step => ({
        method: 'POST',
        path: `/authors/import${query}`,
        as: 'ben',
        headers: { 'content-type': type },
        body,
      })),
    ),
    ...['?on_conflict=', '?on_conflict=x', '?on_error=x', '?more=1'].map((query): Step => ({
      method: 'POST',
      path: `/authors/import${query}`,
      as: 'ben',
      headers: { 'content-type': NDJSON },
      body: line('none'),
    })),
    ...['ndjson', 'csv', 'json', 'xml', ''].flatMap(format =>
      ['ada', 'ben'].map((as): Step => ({
        method: 'GET',
        path: `/authors/export?format=${format}`,
        as,
      })),
    ),
    ...['format=json&q=moved', 'format=json&booker_prize=true', 'format=csv&name=%25', 'q='].map(
      (query): Step => ({ method: 'GET', path: `/authors/export?${query}`, as: 'ben' }),
    ),
  ];
}

/** What is no record and no account. */
function surroundings(): Step[] {
  const paths = ['/', '/docs', '/nowhere', '/authors/', '//authors', '/AUTHORS', '/health/live'];
  const more = ['/health/ready', '/openapi.json', '/problems/author_exists', '/problems/none'];
  const bearers = ['', 'x', 'a.b.c', 'lib_pat_x', '{{ada}}x'];
  return [
    ...[...paths, ...more, '/.well-known/jwks.json'].flatMap((path): Step[] => [
      { method: 'GET', path },
      { method: 'GET', path, as: 'admin' },
      { method: 'OPTIONS', path },
      { method: 'DELETE', path },
    ]),
    ...bearers.flatMap((token): Step[] => [
      { method: 'GET', path: '/authors', headers: { authorization: `Bearer ${token}` } },
      { method: 'GET', path: '/authors', headers: { 'x-access-tokens': token } },
    ]),
    ...['text/plain', 'application/xml', 'application/json; charset=latin1'].map((type): Step => ({
      method: 'POST',
      path: '/authors',
      as: 'ben',
      headers: { 'content-type': type },
      body: line('typed'),
    })),
    { method: 'POST', path: '/authors', as: 'ben', json: { ...RECORD, name: 'x'.repeat(70_000) } },
  ];
}
