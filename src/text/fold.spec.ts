import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, sortKey, uniqueKey } from './fold.js';

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

/** The two planes that hold every letter with a case, and every mark. */
function* codePoints(): Generator<string> {
  for (let code = 0; code <= 0x1ffff; code++) {
    if (code < 0xd800 || code > 0xdfff) {
      yield String.fromCodePoint(code);
    }
  }
}

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
    ['ø', 'o'],
    ['æ', 'ae'],
    ['ł', 'l'],
    ['þ', 'th'],
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
    ['Jo Nesbø', 'jo nesbo'],
    ['ØRSTED Ǿ', 'orsted o'],
    ['Wisława Szymborska', 'wislawa szymborska'],
    ['Đorđe Ðura', 'dorde dura'],
    ['ÆSIR Ǣ', 'aesir ae'],
    ['Œuvre', 'oeuvre'],
    ['Straße STRAẞE', 'strasse strasse'],
    ['Þórbergur Guðmundsson', 'thorbergur gudmundsson'],
    ['Işık IŞIK', 'isik isik'],
    ['Ħal Għaxaq', 'hal ghaxaq'],
    ['Ŧ Ŋ Ɓ Ƴ Ə Ʉ', 't n b y a u'],
    ['ĳ Ŀ ŉ', 'ij l· ʼn'],
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

describe('sortKey', () => {
  it('orders texts as a person does', () => {
    const sorted = ['Anna', 'bell hooks', 'Émile Zola', 'Łukasz', 'Nesbø', 'Zadie Smith', '石黒'];
    const keys = sorted.map(text => sortKey(text));
    expect(keys.toSorted()).toEqual(keys);
  });

  it('is cut after 300 code points, and never inside one', () => {
    expect(sortKey('😀'.repeat(301))).toBe('😀'.repeat(300));
    expect([...sortKey('\ufdfa'.repeat(300))]).toHaveLength(300);
  });
});

describe('uniqueKey', () => {
  it('is the folded text up to 1,200 bytes', () => {
    expect(uniqueKey('Émile')).toBe('émile');
    expect(uniqueKey('😀'.repeat(300))).toBe('😀'.repeat(300));
  });

  it('is a digest of what is longer, the same for texts that fold to one', () => {
    const long = 'É'.repeat(601);
    expect(uniqueKey(long)).toMatch(/^SHA-256 [\w-]{43}$/);
    expect(uniqueKey(long.normalize('NFD').toLowerCase())).toBe(uniqueKey(long));
    expect(uniqueKey(`${long}x`)).not.toBe(uniqueKey(long));
    expect(uniqueKey(uniqueKey(long))).not.toBe(uniqueKey(long));
  });
});
