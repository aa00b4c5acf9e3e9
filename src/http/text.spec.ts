import { validate } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsText, firstFault, foldText } from './text.js';

const RANGE = { min: 1, max: 50 };
const anyText = fc.string({ unit: 'binary', maxLength: 40 });

/** The two planes that hold every letter with a case, and every mark. */
function* codePoints(): Generator<string> {
  for (let code = 0; code <= 0x1ffff; code++) {
    if (code < 0xd800 || code > 0xdfff) {
      yield String.fromCodePoint(code);
    }
  }
}

describe('firstFault', () => {
  it.each<[unknown, string | undefined]>([
    ['a', undefined],
    ['x'.repeat(50), undefined],
    ['😀'.repeat(50), undefined],
    ['e\u0301'.repeat(25), undefined],
    ['', 'must be 1 to 50 characters'],
    ['x'.repeat(51), 'must be 1 to 50 characters'],
    ['😀'.repeat(51), 'must be 1 to 50 characters'],
    ['x'.repeat(10_000_000), 'must be 1 to 50 characters'],
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
    ['abcd', { isText: 'must be 1 to 3 characters' }],
    ['a\t', { isText: 'must not contain control characters' }],
  ])('finds in %j one fault or none', async (name, constraints) => {
    const [error] = await validate(Object.assign(new Body(), { name }));
    expect(error?.constraints).toEqual(constraints);
  });
});

describe('foldText', () => {
  it.each([
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['É', 'é'],
    ['e\u0301', '\u00c9'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδος', 'ΟΔΟΣ'],
    ['IŞIK', 'ışık'],
    ['ﬁn', 'FIN'],
    ['Ａｄａ', 'ada'],
    ['\u212a', 'k'],
    ['Ꭰ', 'ꭰ'],
    ['ᾳ', 'ΑΙ'],
  ])('makes %j and %j one', (left, right) => {
    expect(foldText(left)).toBe(foldText(right));
  });

  it.each([
    ['İ', 'i'],
    ['é', 'e'],
    ['o', 'ö'],
    ['が', 'か'],
  ])('keeps %j and %j apart', (left, right) => {
    expect(foldText(left)).not.toBe(foldText(right));
  });

  it.each([
    ['Pedro Páramo', 'pedro paramo'],
    ['İstanbul', 'istanbul'],
    ['Ångström', 'angstrom'],
    ['Kazuo Ishiguro 石黒', 'kazuo ishiguro 石黒'],
    ['Việt', 'viet'],
    ['مُحَمَّد', 'محمد'],
    ['שָׁלוֹם', 'שלום'],
    ['हिन्दी', 'हिन्दी'],
    ['ภาษาไทย', 'ภาษาไทย'],
    ['がぎ', 'がぎ'],
    ['한국', '한국'],
  ])('without accents makes %j %j', (text, folded) => {
    expect(foldText(text, { accents: false })).toBe(folded.normalize('NFKC'));
  });

  it('folds the beginning of a word to the beginning of its fold', () => {
    expect(foldText('οδοσημα').startsWith(foldText('οδοσ'))).toBe(true);
  });

  it.each([{ accents: true }, { accents: false }])('changes nothing twice with %j', options => {
    const fold = (text: string): string => foldText(text, options);
    const unstable = [...codePoints()].filter(char => fold(fold(char)) !== fold(char));
    expect(unstable).toEqual([]);
    fc.assert(
      fc.property(anyText, text => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives upper, lower, composed and decomposed letters one fold', () => {
    const fold = (text: string): string => foldText(text);
    const astray = [...codePoints()].filter(char => {
      const forms = [
        char.toLowerCase(),
        char.toUpperCase(),
        char.normalize('NFD'),
        char.normalize('NFC'),
      ];
      return forms.some(form => fold(form) !== fold(char));
    });
    expect(astray).toEqual([]);
  });
});
