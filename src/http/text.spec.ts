import { validate } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsText, firstFault } from './text.js';

const RANGE = { min: 1, max: 50 };

describe('firstFault', () => {
  it.each<[unknown, string | undefined]>([
    ['a', undefined],
    ['x'.repeat(50), undefined],
    ['😀'.repeat(50), undefined],
    ['e\u0301'.repeat(25), undefined],
    ['', 'is too short: it has 0 characters, at least 1 is required'],
    ['x'.repeat(51), 'is too long: it has 51 characters, at most 50 are allowed'],
    ['😀'.repeat(51), 'is too long: it has 51 characters, at most 50 are allowed'],
    ['x'.repeat(101), 'is too long: it has 101 characters, at most 50 are allowed'],
    [undefined, 'must be a string'],
    [null, 'must be a string'],
    [1, 'must be a string'],
    [['a'], 'must be a string'],
    [{ length: 3 }, 'must be a string'],
    ['a\0', 'must not contain control characters'],
    ['a\nb', 'must not contain control characters'],
    ['a\x7f', 'must not contain control characters'],
    ['a\x85', 'must not contain control characters'],
    ['a\ud800', 'must be well-formed Unicode'],
    ['\udc00a', 'must be well-formed Unicode'],
    ['\ude00\ud83d', 'must be well-formed Unicode'],
    ['\ud800\ud83d\ude00', 'must be well-formed Unicode'],
  ])('of %j is %j', (value, fault) => {
    expect(firstFault(value, RANGE)).toBe(fault);
  });

  it.each(['a\tb', 'a\nb', 'a\r\nb'])('accepts %j where a text may have lines', text => {
    expect(firstFault(text, { ...RANGE, lines: true })).toBeUndefined();
  });

  it.each(['a\0', 'a\x0bb', 'a\x0cb', 'a\x1bb', 'a\x7f', 'a\x85b', 'a\x9f'])(
    'refuses %j even where a text may have lines',
    text => {
      expect(firstFault(text, { ...RANGE, lines: true })).toBe(
        'must not contain control characters other than tabs and line breaks',
      );
    },
  );

  it('accepts what has 1 to 50 code points and no control character, and nothing else', () => {
    const units = fc.oneof(
      fc.constantFrom('a', 'é', '😀', '\ud83d', '\ude00', '\n', '\x9f', '\u00a0'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(units, { maxLength: 60 }), parts => {
        const text = parts.join('');
        const count = [...text].length;
        const fine = count >= 1 && count <= 50 && !/[\p{Cc}\p{Cs}]/u.test(text);
        expect(firstFault(text, RANGE) === undefined).toBe(fine);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('IsText', () => {
  class Body {
    @IsText({ min: 1, max: 3 })
    name: unknown;
  }

  it.each<[unknown, object | undefined]>([
    ['abc', undefined],
    [7, { isText: 'must be a string' }],
    ['abcd', { isText: 'is too long: it has 4 characters, at most 3 are allowed' }],
    ['a\t', { isText: 'must not contain control characters' }],
  ])('finds in %j one fault or none', async (name, constraints) => {
    const [error] = await validate(Object.assign(new Body(), { name }));
    expect(error?.constraints).toEqual(constraints);
  });
});
