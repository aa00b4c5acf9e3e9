import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Schema } from './operations.js';

/** The default of `BODY_LIMIT`, in bytes. */
export const BODY_LIMIT = 65_536;

/** Combining marks whose normalisation takes time that grows with their square. */
export const MARKS = `a${'\u0315'.repeat(15_900)}${'\u0334'.repeat(15_900)}`;

/** Texts that broke servers before; the simple ones first, because shrinking tries them in order. */
const HOSTILE = [
  ...[
    '',
    ' ',
    '\0',
    'a:b',
    '\u{1F600}',
    '\ud800',
    '\udc00\ud800',
    'e\u0301',
    'İıßſ',
    '\t\r\n\u2028',
  ],
  ...['\u200b\u200d\ufeff', '\u202eabc\u2066', '＝１＋１', '=1+1;－＠', "' OR 1=1 --", '../../etc'],
  ...['%00%ff%', '__proto__', '"*:^()', 'ﷺ'.repeat(1_000), 'a '.repeat(1_000)],
  ...['\u{1F468}\u200d'.repeat(5_000), 'x'.repeat(BODY_LIMIT - 200)],
];

const NUMBERS = [
  ...['0', '-1', '1.5', '-0', '1e3', '0x10', '01', '+1', '2147483647', '2147483648', '1e400'],
  ...['9007199254740991', '9007199254740992', '9223372036854775808', 'NaN', '١'],
];

const WRONG = ['null', 'true', '0', '1e400', '-9e99', '""', '"1"', '[]', '{}', '[[null]]'];

/** Fields whose good values the server alone knows: the cast has what the braces name. */
const GIVEN: Record<string, string> = {
  password: '{{password}}',
  current_password: '{{password}}',
  new_password: '{{password}}',
  refresh_token: '{{refresh}}',
  code: '{{code}}',
  cursor: '{{cursor}}',
  'name of the code': '{{victim}}',
};

/** One of the groups, by the weight in front of each; the first value of a group is the simplest. */
export function mostly<T>(...groups: [weight: number, values: Arbitrary<T> | readonly T[]][]) {
  return fc.oneof(
    ...groups.map(([weight, values]) => ({
      weight,
      arbitrary: 'generate' in values ? values : fc.constantFrom(...values),
    })),
  );
}

export const hostileText = mostly([5, HOSTILE], [3, fc.string({ unit: 'binary' })], [2, [MARKS]]);

/** A text that a schema allows, as often as `care` says, or else hardly or not at all. */
export function textOf(schema: Schema, name: string, care: number): Arbitrary<string> {
  const { minLength = 1, maxLength = 100, minimum = 0, maximum = 500 } = schema;
  const lengths = [minLength, minLength - 1, maxLength, maxLength + 1].filter(n => n >= 0);
  const edges =
    schema.type === 'integer'
      ? [minimum, minimum - 1, maximum, maximum + 1].map(String).concat(NUMBERS)
      : lengths.map(n => 'x'.repeat(n));
  return mostly([4 * care, goodText(schema, name)], [3, edges], [1, hostileText]);
}

function goodText(schema: Schema, name: string): Arbitrary<string> {
  const { minLength = 1, maxLength = 100, minimum = 0, maximum = 500 } = schema;
  if (name in GIVEN) {
    return fc.constant(GIVEN[name]);
  }
  if (schema.pattern !== undefined) {
    return fc.stringMatching(new RegExp(schema.pattern), { maxLength });
  }
  if (schema.type === 'integer') {
    return fc.integer({ min: minimum, max: maximum }).map(String);
  }
  const known = schema.type === 'boolean' ? ['true', 'false'] : schema.enum;
  if (known !== undefined || schema.format === 'date-time') {
    return fc.constantFrom(...(known ?? ['2026-01-01T00:00:00.000Z', '+275760-09-13T00:00:00Z']));
  }
  const length = { minLength, maxLength: Math.min(maxLength, minLength + 20) };
  return fc.oneof(fc.string({ unit: 'grapheme-ascii', ...length }), fc.string(length));
}

/** JSON for a schema, as text: a value has no key twice and no 1e400. */
export function jsonOf(schema: Schema, name: string, care: number): Arbitrary<string> {
  const type = [schema.type].flat()[0] ?? 'string';
  const text = textOf({ ...schema, type }, name, care);
  const good: Record<string, () => Arbitrary<string>> = {
    object: () => objectOf(schema.properties ?? {}, care),
    array: () =>
      fc.array(jsonOf(schema.items!, name, care), { minLength: 1, maxLength: 5 }).map(list),
    integer: () => text,
    boolean: () => text,
    string: () => text.map(value => JSON.stringify(value)),
  };
  return mostly([5 * care, good[type]()], [1, WRONG]);
}

const list = (items: string[]): string => `[${items.join()}]`;

/** Keys that no schema names, that are dangerous or there twice, and more of them than any object has. */
const EXTRA = fc.oneof(
  fc.constantFrom('"x":1', '"__proto__":{"admin":true}', '"constructor":{"prototype":1}'),
  fc.constantFrom('"name":"x"', '"id":1', '"":0', '"admin":true', '"x":1e400', '"\\ud800":1'),
  fc.constantFrom(31, 33, 10_000).map(depth => `"x":${'['.repeat(depth)}${']'.repeat(depth)}`),
  fc
    .constantFrom(100, 7_300)
    .map(count => Array.from({ length: count }, (_, n) => `"${n}":0`).join()),
  hostileText.map(text => `${JSON.stringify(text)}:0`),
);

function objectOf(properties: Record<string, Schema>, care: number): Arbitrary<string> {
  const pairs = Object.entries(properties).map(([name, schema]) =>
    jsonOf(schema, name === 'name' && 'code' in properties ? 'name of the code' : name, care).map(
      value => `${JSON.stringify(name)}:${value}`,
    ),
  );
  const all: Arbitrary<string[]> = fc.tuple(...pairs);
  const some = all.chain(texts => fc.shuffledSubarray(texts));
  const more = all.chain(texts => EXTRA.map(extra => [...texts, extra]));
  return mostly([3 * care, all], [1, some], [1, more]).map(texts => `{${texts.join()}}`);
}

/** Bodies that are not JSON, or as large as a body may be. */
export const brokenBody = fc.oneof(
  fc.constantFrom('', 'null', '[]', '{', '{"a":}', '\ufeff{}', '{}{}', '\0', '"\ud800"', '1e400'),
  fc.constantFrom('[', '{"a":', '"\\u0000').map(text => text.repeat(9_000)),
  fc.constantFrom(-3, -2, -1).map(less => `${' '.repeat(BODY_LIMIT + less)}{}`),
  fc.string({ unit: 'binary' }),
);

export const ODD_QUERIES = [
  ...['&', '=', 'x=1', '%', '%zz=1', 'q=%ff', 'q=%00', '__proto__=1', 'limit[]=1', 'id.gte=1'],
  ...['access_token=x', 'limit=1e3', 'limit=0x10', 'limit=', 'limit=1&limit=2', 'limit=%D9%A1'],
  ...['sort=', 'sort=,', 'sort=id,id', `q=${'a+'.repeat(99)}`, 'a=1&'.repeat(1_500)],
];

export const ODD_IDS = [
  ...NUMBERS.map(encodeURI),
  ...['me', '', '%', '%00', '%2e%2e', '..', '%ff', '%F0%9F%98%80', '*', 'x'.repeat(8_192)],
  '00000000-0000-4000-8000-000000000000',
];
