import { fastify } from 'fastify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseId, parseInteger, parseStrictQuery, queryFault } from './strict-query.js';

describe('parseStrictQuery', () => {
  it.each([
    ['', {}],
    ['&', {}],
    ['a=1&b=2&', { a: '1', b: '2' }],
    ['a', { a: '' }],
    ['a=', { a: '' }],
    ['=1', { '': '1' }],
    ['a=b=c', { a: 'b=c' }],
    ['q=a+b%2Bc%20d', { q: 'a b+c d' }],
    ['q=caf%C3%A9', { q: 'café' }],
    ['q=caf\u00c3\u00a9', { q: 'café' }],
    ['%71=1', { q: '1' }],
    ['a;b=1', { 'a;b': '1' }],
    [
      'constructor=1&toString=2&hasOwnProperty=3',
      { constructor: '1', toString: '2', hasOwnProperty: '3' },
    ],
  ])('reads %j', (raw, query) => {
    expect({ ...parseStrictQuery(raw) }).toEqual(query);
    expect(queryFault(parseStrictQuery(raw))).toBeUndefined();
  });

  it.each([
    ['limit=1&limit=2', 'limit is given more than once'],
    ['limit=1&limit=1', 'limit is given more than once'],
    ['limit&limit', 'limit is given more than once'],
    ['limit=1&%6cimit=2', 'limit is given more than once'],
    ['a+b=1&a%20b=2', 'a b is given more than once'],
    ['q=%zz', 'q is not UTF-8 in percent-encoding'],
    ['q=%', 'q is not UTF-8 in percent-encoding'],
    ['q=%ff', 'q is not UTF-8 in percent-encoding'],
    ['q=%c0%af', 'q is not UTF-8 in percent-encoding'],
    ['q=%ed%a0%80', 'q is not UTF-8 in percent-encoding'],
    ['q=caf\u00e9', 'q is not UTF-8 in percent-encoding'],
    ['q=a%00', 'q contains NUL'],
    ['%ff=1', 'the name of a parameter is not UTF-8 in percent-encoding'],
    ['q%00=1', 'the name of a parameter contains NUL'],
    ['__proto__=1', '__proto__ is not known'],
    ['__proto%5f_=1', '__proto__ is not known'],
    [`${'x'.repeat(60)}=%`, `${'x'.repeat(50)}… is not UTF-8 in percent-encoding`],
  ])('finds the fault in %j', (raw, detail) => {
    const fault = queryFault(parseStrictQuery(raw));
    expect(fault).toMatchObject({ code: 'invalid_query', detail });
  });

  it('gives an object without a prototype, and pollutes none', () => {
    expect(Object.getPrototypeOf(parseStrictQuery('a=1'))).toBeNull();
    parseStrictQuery('__proto__=1&__proto__.x=1&constructor.prototype.x=1');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('reads what URLSearchParams writes', () => {
    const names = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 5 });
    fc.assert(
      fc.property(names, fc.string({ unit: 'grapheme' }), (keys, value) => {
        fc.pre(![...keys, value].some(text => text.includes('\0') || text === '__proto__'));
        const entries = keys.map((key): [string, string] => [key, value]);
        const query = parseStrictQuery(new URLSearchParams(entries).toString());
        expect(Object.entries(query).sort()).toEqual(entries.sort());
      }),
    );
  });

  it('never throws, which would end the process', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), raw => {
        queryFault(parseStrictQuery(raw));
      }),
    );
  });
});

describe('parseStrictQuery in Fastify', () => {
  const server = fastify({ routerOptions: { querystringParser: parseStrictQuery } });
  let address: string;
  beforeAll(async () => {
    server.get('/', async request => {
      const fault = queryFault(request.query as object);
      return { query: request.query, fault: fault?.detail };
    });
    address = await server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(() => server.close());

  it.each([
    ['?a=1&b=%C3%A9', { query: { a: '1', b: 'é' } }],
    ['?a=%ff', { query: {}, fault: 'a is not UTF-8 in percent-encoding' }],
    ['?a=1&a=2', { query: { a: '1' }, fault: 'a is given more than once' }],
    ['', { query: {} }],
  ])('hands over what %j says', async (search, answer) => {
    const response = await fetch(`${address}/${search}`);
    expect(await response.json()).toEqual(answer);
  });
});

describe('parseInteger', () => {
  const bounds = { min: 0, max: 500 };

  it.each([
    ['0', 0],
    ['1', 1],
    ['500', 500],
  ])('reads %j', (text, value) => {
    expect(parseInteger(text, bounds)).toBe(value);
  });

  it.each([
    ...['', ' ', '501', '-1', '+1', '01', '00', '1.0', '1e2', '0x10', '1_0', ' 1', '1 ', '1\n'],
    ...['١', '１', 'NaN', 'Infinity', '9'.repeat(1000)],
  ])('refuses %j', text => {
    expect(parseInteger(text, bounds)).toBeUndefined();
  });
});

describe('parseId', () => {
  it.each([
    ['1', 1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %j', (text, id) => {
    expect(parseId(text)).toBe(id);
  });

  it.each([
    ...['0', '-1', '1.5', '1e3', '0x10', '9007199254740992', '9007199254740993', '1'.repeat(17)],
    ...['10000000000000000000', 'abc', '', '01', '1\n', '%31'],
  ])('refuses %j', text => {
    expect(parseId(text)).toBeUndefined();
  });
});
