import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { LINE } from './operations.js';
import type { Operation } from './operations.js';
import {
  BODY_LIMIT,
  ODD_IDS,
  ODD_QUERIES,
  brokenBody,
  hostileText,
  jsonOf,
  mostly,
  textOf,
} from './values.js';

/** A request, or several equal ones; `{{name}}` stands for what the cast has under that name. */
export interface Plan {
  method: string;
  target: string;
  version: string;
  headers: string[];
  body: string;
  /** latin1 sends bytes that are not UTF-8. */
  encoding: 'utf8' | 'latin1';
  /** How the request says where its body ends. */
  framing: keyof typeof FRAMINGS;
  /** How the bytes go out: the last three leave before any answer is due. */
  manner: 'whole' | 'pieces' | 'pipelined' | 'unread' | 'cut' | 'half';
  /** How many equal requests go out at once. */
  count: number;
  /** The share of the bytes after which the client stops. */
  cut: number;
  /** The loopback address that it comes from, because limits count by address. */
  from: string;
}

/** The header fields for a body of n bytes; chunks go out where the field ends in `chunked`. */
const FRAMINGS = {
  length: (n: number) => `content-length: ${n}`,
  chunked: () => 'transfer-encoding: chunked',
  none: () => '',
  short: (n: number) => `content-length: ${Math.max(0, n - 1)}`,
  endless: (n: number) => `content-length: ${n + 7}`,
  hex: (n: number) => `content-length: 0x${n.toString(16)}`,
  huge: () => `content-length: ${'9'.repeat(30)}`,
  twice: (n: number) => `content-length: ${n}\r\ncontent-length: ${n + 1}`,
  both: (n: number) => `content-length: ${n}\r\ntransfer-encoding: chunked`,
  gzip: () => 'transfer-encoding: gzip, chunked',
  broken: () => 'transfer-encoding: chunked',
};

const bearer = (token: string): string[] => [`authorization: Bearer ${token}`];
const x = (length: number): string => 'x'.repeat(length);

const credentials = mostly<string[]>(
  [3, [[]]],
  [12, [bearer('{{admin}}')]],
  [8, [bearer('{{user}}'), bearer('{{pat}}')]],
  [1, [['x-access-tokens: {{user}}'], ['authorization: bearer   {{admin}}'], ['authorization:']]],
  [1, [bearer('{{user}}x'), bearer('e30.e30.'), bearer(''), bearer('é\0'), bearer(x(15_000))]],
  [1, [['authorization: Basic'], ['authorization: Basic /////w=='], ['authorization: Digest x']]],
  [
    1,
    [
      [...bearer('{{user}}'), 'x-access-tokens: {{pat}}'],
      [...bearer('a'), ...bearer('b')],
    ],
  ],
);

const loginCredentials = mostly<string[]>(
  [6, [['authorization: {{basic}}']]],
  [2, hostileText.map(text => basic(text)).filter(([field]) => field.length < 15_000)],
  [1, credentials],
);

const basic = (text: string): string[] => {
  return [`authorization: Basic ${Buffer.from(`${text}:${text}`).toString('base64')}`];
};

const TAGS = [
  '*',
  '{{etag}}',
  'W/{{etag}}',
  '"x"',
  'x',
  '"a", {{etag}}',
  '"',
  '"1-1",'.repeat(900),
];

const fields = (name: string, ...values: string[]): string[] => values.map(of => `${name}: ${of}`);

/** Header fields that meant trouble before. */
const ODD_HEADERS = [
  ...fields('accept', '', 'application/*', 'text/csv', '*/*;q=0', 'a/b,'.repeat(3_000)),
  ...fields('content-type', '', 'text/plain', 'application/json; charset=latin1', 'a/b; c="', ';'),
  ...fields('x-request-id', 'a b', '', x(300), '../x', 'é'),
  ...fields('connection', 'close', 'upgrade', 'keep-alive, x', 'content-length'),
  ...fields('content-encoding', 'gzip', 'identity', 'br, gzip'),
  ...fields('idempotency-key', 'x', '"a"', '{{password}}', x(256), ' '),
  ...fields('if-match', ...TAGS),
  ...fields('if-none-match', ...TAGS),
  ...fields('x', x(17_000), '\0', '\x80\xff', 'y\r\nx: '.repeat(1_500)),
  ...['expect: 100-continue', 'expect: x', 'host: b', 'host:', 'upgrade: h2c', 'origin: null'],
  ...['range: bytes=0-', 'x-forwarded-for: 1.2.3.4', 'x y: z', ' folded', 'no colon', ': x'],
];

type Burst = Pick<Plan, 'manner' | 'count'>;
const burst = (manner: Plan['manner'], ...counts: number[]): Burst[] =>
  counts.map(count => ({ manner, count }));

const manners = mostly<Burst>(
  [240, burst('whole', 1)],
  [24, burst('pieces', 1)],
  [24, burst('pipelined', 2, 5, 30)],
  [8, burst('unread', 1, 40)],
  [16, burst('cut', 1, 1, 20)],
  [16, burst('half', 1)],
  // As many as one write of the size of a body can hold.
  [1, [...burst('pipelined', 1_000), ...burst('cut', 1_100), ...burst('unread', 1_500)]],
);

/** Requests for an operation: half of them with one thing wrong at most, the others with several. */
export function planOf(operation: Operation): Arbitrary<Plan> {
  return fc.oneof(planWith(operation, 40), planWith(operation, 1));
}

/** The more care, the less is wrong. */
function planWith(operation: Operation, care: number): Arbitrary<Plan> {
  const hasBody = Object.keys(operation.bodies).length > 0;
  const stray = { headers: ['content-type: application/json'], body: '{}' };
  const good = hasBody ? contentOf(operation, care) : [{ headers: [], body: '' }];
  const named = operation.parameters.filter(of => of.in === 'header');
  return fc
    .record({
      method: mostly([20 * care, [operation.method]], [1, ['HEAD', 'OPTIONS', 'get', 'CONNECT']]),
      target: targetOf(operation, care),
      version: mostly([20 * care, ['HTTP/1.1']], [1, ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 x']]),
      credentials: operation.path === '/login' ? loginCredentials : credentials,
      named: fc.tuple(...named.map(of => headerOf(of, care))),
      odd: mostly([4 * care, [[]]], [1, fc.subarray(ODD_HEADERS, { minLength: 1, maxLength: 2 })]),
      content: mostly<Pick<Plan, 'headers' | 'body'>>([20 * care, good], [1, [stray]]),
      encoding: mostly<Plan['encoding']>([20 * care, ['utf8']], [1, ['latin1']]),
      framing: mostly([4 * care, ['length'] as const], [1, keysOf(FRAMINGS)]),
      manner: manners,
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      address: fc.tuple(fc.integer({ min: 16, max: 255 }), fc.nat(255), fc.nat(253)),
    })
    .map(({ named: given, odd, content, manner, address: [a, b, c], ...rest }) => ({
      ...rest,
      ...manner,
      headers: [...rest.credentials, ...given.flat(), ...content.headers, ...odd],
      body: content.body,
      from: `127.${a}.${b}.${c + 1}`,
    }));
}

const keysOf = <T extends object>(of: T): (keyof T)[] => Object.keys(of) as (keyof T)[];

function contentOf({ bodies }: Operation, care: number): Arbitrary<Pick<Plan, 'headers' | 'body'>> {
  const contents = Object.entries(bodies).map(([type, schema]) => {
    const good = schema.format === 'binary' ? linesOf(type, care) : jsonOf(schema, '', care);
    const body = mostly([8 * care, good], [1, brokenBody]);
    return body.map(text => ({ headers: [`content-type: ${type}`], body: text }));
  });
  return fc.oneof(...contents);
}

/** The lines of an import, up to a few hundred. */
function linesOf(type: string, care: number): Arbitrary<string> {
  const isCsv = type === 'text/csv';
  const cells = ['name', 'book', 'country'].map(of => textOf(LINE.properties![of], of, care));
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const line = isCsv ? fc.tuple(...cells).map(of => of.map(quoted).join()) : jsonOf(LINE, '', care);
  return fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 1, 1, 100))
    .map(([lines, times]) => [
      ...(isCsv ? ['name,book,country'] : []),
      ...Array.from({ length: times }, () => lines).flat(),
    ])
    .map(lines => lines.join('\n'));
}

function targetOf({ path, parameters }: Operation, care: number): Arbitrary<string> {
  const encode = (text: string): string =>
    text.startsWith('{{') ? text : encodeURIComponent(text.toWellFormed());
  const pairs = parameters
    .filter(of => of.in === 'query')
    .map(({ name, schema }) =>
      mostly([5, ['']], [1, textOf(schema, name, care).map(text => `${name}=${encode(text)}`)]),
    );
  return fc
    .record({
      id: mostly([care, [`{{${path.split('/')[1]}}}`]], [1, ODD_IDS]),
      pairs: fc.tuple(...pairs),
      odd: mostly([6 * care, ['']], [1, ODD_QUERIES]),
      times: mostly([10 * care, [1]], [1, [2]]),
    })
    .map(({ id, pairs: given, odd, times }) => {
      const all = [...given, odd].filter(pair => pair !== '');
      const query = Array.from({ length: times }, () => all).flat();
      const address = path.replace(/\{[^}]+\}/, () => id);
      return query.length === 0 ? address : `${address}?${query.join('&')}`;
    });
}

function headerOf({ name, schema }: Operation['parameters'][0], care: number): Arbitrary<string[]> {
  const odd = fc.oneof(textOf(schema, name, 1), fc.constantFrom(...TAGS));
  const value = mostly([care, [`{{${name}}}`]], [1, odd.map(text => text.replace(/[\r\n]/g, ' '))]);
  return mostly<string[]>([2, [[]]], [1, value.map(text => [`${name}: ${text}`])]);
}

/** The bytes of a plan, and how many requests they are. */
export function bytesOf(
  plan: Plan,
  fill: (text: string) => string,
): [bytes: Buffer, count: number] {
  const body = Buffer.from(fill(plan.body), plan.encoding);
  const isBare = body.length === 0 && /^(GET|DELETE)$/.test(plan.method);
  const framing = isBare && plan.framing === 'length' ? '' : FRAMINGS[plan.framing](body.length);
  const lines = [
    `${plan.method} ${plan.target} ${plan.version}`,
    'host: a',
    ...plan.headers,
    framing,
  ];
  const head = fill(lines.filter(line => line !== '').join('\r\n'));
  const size = plan.framing === 'broken' ? 'zz' : body.length.toString(16);
  const end = body.length === 0 ? '\r\n' : '\r\n0\r\n\r\n';
  const chunk = [Buffer.from(`${size};x="y"\r\n`), body, Buffer.from(end)];
  const sent = framing.endsWith('chunked') ? chunk : [body];
  const one = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), ...sent]);
  const count = Math.max(1, Math.min(plan.count, Math.floor(BODY_LIMIT / one.length)));
  return [Buffer.concat(Array.from({ length: count }, () => one)), count];
}
