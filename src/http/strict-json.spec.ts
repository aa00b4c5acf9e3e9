import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../problems/problem.js';
import { parseStrictJson } from './strict-json.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parsed = (text: string): unknown => parseStrictJson(bytes(text));

const refusal = (body: string | Uint8Array): string => {
  try {
    parseStrictJson(typeof body === 'string' ? bytes(body) : body);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).code).toBe('invalid_json');
    return (error as Problem).detail;
  }
  return 'accepted';
};

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('parseStrictJson', () => {
  it('reads what JSON.parse reads, in any spelling', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat(4), (text, indent) => {
        const value: unknown = JSON.parse(text);
        // fast-check may make these names, which are refused on purpose.
        fc.pre(!/__proto__|constructor/.test(text));
        expect(parsed(text)).toEqual(value);
        expect(parsed(` \r\n\t${JSON.stringify(value, null, indent)}\n`)).toEqual(value);
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u00', 'a', '1', '-', '.', 'e', '0'];
    const text = fc
      .array(fc.constantFrom(...pieces, '"a"', 'true', 'nul', ' ', '\n', '\v', '\u0001', '\u00a0'))
      .map(parts => parts.join(''));
    fc.assert(
      fc.property(text, sample => {
        let valid = true;
        try {
          JSON.parse(sample);
        } catch {
          valid = false;
        }
        const refused = refusal(sample);
        if (!valid) {
          expect(refused).not.toBe('accepted');
        } else if (refused !== 'accepted') {
          expect(refused).toMatch(/repeated|too large/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['{"a":1,"b":"é","c":[true,null,-0.5e-3]}', { a: 1, b: 'é', c: [true, null, -0.0005] }],
    ['""', ''],
    ['{"a":{"x":1},"b":{"x":1}}', { a: { x: 1 }, b: { x: 1 } }],
    ['{"constructor":"a name"}', { constructor: 'a name' }],
    ['"\\ud800\\u0000"', '\ud800\0'],
    ['\ufeff{}', {}],
  ])('reads %j', (text, value) => {
    expect(parsed(text)).toEqual(value);
  });

  it.each([
    ...['{"a":1', '"abc', '[1,]', "{'a':1}", '{"a" 1}', '[1 2]', '[1}', '{} {}', '01', '-x'],
    ...['[NaN]', '"\\x41"', '{"\\x":1}', '{"a":1}}', '"\\"', '[1e]', '\ufeff\ufeff{}'],
  ])('refuses %j', text => {
    expect(refusal(text)).toMatch(/^the body is not valid JSON( \(at position \d+\))?$/);
  });

  it.each([
    ['', 'the body is empty'],
    [' \n', 'the body is not valid JSON'],
    ['nope', 'the body is not valid JSON'],
    ['{"a":1,}', 'the body is not valid JSON (at position 7)'],
    ['"a\nb"', 'the body is not valid JSON (at position 2)'],
    ['{"a":1 "b":2}', 'the body is not valid JSON (at position 7)'],
    ['[1e400]', 'a number is too large'],
    ['[-1e400]', 'a number is too large'],
    ['{"a":1,"a":2}', 'a name is repeated in an object'],
    ['{"a":1,"\\u0061":2}', 'a name is repeated in an object'],
    ['[{"x":{"é":1,"\\u00e9":2}}]', 'a name is repeated in an object'],
    ['{"a":"\\\\","a" :2}', 'a name is repeated in an object'],
    ['{"__proto__":{}}', 'the names __proto__ and constructor.prototype are not allowed'],
    ['[{"\\u005f_proto__":1}]', 'the names __proto__ and constructor.prototype are not allowed'],
    [
      '{"constructor":{"prototype":{}}}',
      'the names __proto__ and constructor.prototype are not allowed',
    ],
  ])('refuses %j and says why', (text, detail) => {
    expect(refusal(text)).toBe(detail);
  });

  it.each([
    ['a byte that is none', [0x22, 0xff, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a cut sequence', [0x22, 0xc3, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0, 0x7d, 0]],
  ])('refuses UTF-8 that is broken by %s', (_what, body) => {
    expect(refusal(Uint8Array.from(body))).toBe('the body is not valid UTF-8');
  });

  it('takes 32 levels and not one more', () => {
    expect(parsed(nested(32))).toBeDefined();
    expect(refusal(nested(33))).toBe('more than 32 levels');
    expect(refusal(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)).toBe('more than 32 levels');
  });

  it('never repeats what it was given', () => {
    for (const text of [
      '{"password":hunter2}',
      '{"hunter2":1,"hunter2":2}',
      '["hunter2" hunter2]',
    ]) {
      expect(refusal(text)).not.toMatch(/hunter2|accepted/);
    }
  });

  it.each([
    ['deep', '['.repeat(5_000_000)],
    ['a long string', `"${'\\n'.repeat(2_500_000)}"`],
    ['a long number', `0.${'1'.repeat(5_000_000)}`],
    ['many names', `{${Array.from({ length: 300_000 }, (_, i) => `"k${i}":0`).join(',')},"k1":0}`],
    ['many quotes', '"'.repeat(5_000_000)],
    ['many backslashes', `"${'\\'.repeat(4_999_999)}`],
    ['many suspect names', `{"a":"${'\\"__proto__\\" '.repeat(300_000)}"}`],
    ['blank', ' '.repeat(5_000_000)],
  ])('takes linear time and no stack for 5 MB that are %s', (_what, text) => {
    const body = bytes(text);
    const start = performance.now();
    try {
      parseStrictJson(body);
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
    }
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
