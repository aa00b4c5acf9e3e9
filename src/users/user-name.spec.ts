import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeName } from './user-name.js';

const keyOf = (raw: string): string => {
  const result = normalizeName(raw);
  return 'key' in result ? result.key : result.fault;
};

const EMPTY = 'is too short: it has 0 characters, at least 1 is required';
const tooLong = (length: number): string =>
  `is too long: it has ${length} characters, at most 50 are allowed`;
const INVISIBLE = 'must not contain zero-width, bidirectional or other invisible characters';

describe('normalizeName', () => {
  it.each([
    ['Ada', 'Ada', 'ada'],
    ['  Ada Lovelace \u00a0', 'Ada Lovelace', 'ada lovelace'],
    ['E\u0301mile', 'Émile', 'émile'],
    ['Ａｄａ', 'Ada', 'ada'],
    ['Großmann', 'Großmann', 'grossmann'],
    ['石黒', '石黒', '石黒'],
    ['😀', '😀', '😀'],
    ['x'.repeat(50), 'x'.repeat(50), 'x'.repeat(50)],
    ['😀'.repeat(50), '😀'.repeat(50), '😀'.repeat(50)],
    ['e\u0323\u0302'.repeat(50), 'ệ'.repeat(50), 'ệ'.repeat(50)],
    ["O'Brien-Smith_1.2", "O'Brien-Smith_1.2", "o'brien-smith_1.2"],
  ])('takes %j', (raw, name, key) => {
    expect(normalizeName(raw)).toEqual({ name, key });
  });

  it.each([
    ['nothing', '', EMPTY],
    ['spaces', ' \u3000 ', EMPTY],
    ['51 characters', 'x'.repeat(51), tooLong(51)],
    ['what NFKC makes too long', '\ufdfa'.repeat(3), tooLong(54)],
    ['a megabyte', 'é'.repeat(1_000_000), tooLong(1_000_000)],
    ['a colon', 'a:b', 'must not contain a colon'],
    ['a full-width colon', 'a：b', 'must not contain a colon'],
    ['NUL', 'a\0', 'must not contain control characters'],
    ['a line break', 'ada\n', 'must not contain control characters'],
    ['a tab', '\tada', 'must not contain control characters'],
    ['a lone surrogate', 'a\ud800', 'must be well-formed Unicode'],
    ['a zero-width space', 'a\u200bb', INVISIBLE],
    ['a zero-width joiner', 'a\u200db', INVISIBLE],
    ['a byte order mark', '\ufeffada', INVISIBLE],
    ['a soft hyphen', 'a\u00adb', INVISIBLE],
    ['a bidirectional override', 'a\u202eb', INVISIBLE],
    ['a bidirectional isolate', 'a\u2066b', INVISIBLE],
    ['a Hangul filler', '\u3164', INVISIBLE],
    ['a combining grapheme joiner', 'a\u034fb', INVISIBLE],
    ['a variation selector', 'a\ufe0f', INVISIBLE],
    ['a tag', 'a\u{e0041}', INVISIBLE],
    ['a line separator', 'a\u2028b', INVISIBLE],
    ['an Ogham space', 'a\u1680b', INVISIBLE],
    ['a private character', 'a\ue000', INVISIBLE],
    ['a noncharacter', 'a\uffff', INVISIBLE],
  ])('refuses %s', (_what, raw, fault) => {
    expect(normalizeName(raw)).toEqual({ fault });
  });

  it.each([
    ['straße', 'STRASSE'],
    ['É', 'e\u0301'],
    ['ΝΙΚΟΣ', 'νικος'],
    ['Iışık', 'ıIŞIK'],
    ['ada', ' ADA'],
  ])('gives %j and %j one key', (left, right) => {
    expect(keyOf(left)).toBe(keyOf(right));
  });

  it('gives a name one key in every normal form and case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), text => {
        const key = keyOf(text);
        expect(keyOf(text.normalize('NFD'))).toBe(key);
        expect(keyOf(text.normalize('NFC'))).toBe(key);
        fc.pre(!key.startsWith('must'));
        expect(keyOf(text.toUpperCase())).toBe(key);
        expect(keyOf(text.toLowerCase())).toBe(key);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes the name that it gave, unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        const result = normalizeName(text);
        fc.pre('name' in result);
        expect(normalizeName(result.name)).toEqual(result);
      }),
      { numRuns: 2000 },
    );
  });
});
