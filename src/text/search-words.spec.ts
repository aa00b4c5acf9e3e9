import { describe, expect, it } from 'vitest';
import { countWords, queryWords, recordWords } from './search-words.js';

const OWNER = 36;
const MARK = '0000010';
const marked = (words: readonly string[]): string[] => words.map(word => MARK + word);

describe('recordWords', () => {
  it.each([
    ['Catch-22', ['catch', '－', '22']],
    ['Jo Nesbø, Æsop', ['jo', 'nesbo', '，', 'aesop']],
    ['村上春樹', ['村', '上', '春', '樹']],
    ['吾輩は猫', ['吾', '輩', 'は', '猫']],
    ['ノルウェーの森', ['ノ', 'ル', 'ウ', 'ェ', 'ー', 'の', '森']],
    ['ﾉﾙｳｪｰ', ['ノ', 'ル', 'ウ', 'ェ', 'ー']],
    ['1Q84年a々', ['1q84', '年', 'a', '々']],
    ['สี่แผ่นดิน', ['สี่', 'แ', 'ผ่', 'น', 'ดิ']],
    ['ລາວ', ['ລ', 'າ', 'ວ']],
    ['ខ្មែរ', ['ខ្', 'មែ', 'រ']],
    ['မြန်မာ', ['မြ', 'န်', 'မာ']],
    ['한강 채식주의자', ['한강', '채식주의자']],
    ['हिन्दी', ['हिन्दी']],
    ['\u{20000}\u{20001}', ['\u{20000}', '\u{20001}']],
  ])('finds the words of %j', (text, words) => {
    expect(recordWords(OWNER, text).split(' ')).toEqual(marked(words));
  });

  it('cuts a word after 100 code points, as a query does', () => {
    const long = marked(['x'.repeat(100)]);
    expect(recordWords(OWNER, 'X'.repeat(300)).split(' ')).toEqual(long);
    expect(queryWords(OWNER, 'X'.repeat(150))).toEqual(long);
    const letter = '\u{10400}';
    expect(recordWords(OWNER, letter.repeat(300))).toBe(MARK + '\u{10428}'.repeat(100));
  });
});

describe('countWords', () => {
  it.each([
    ['', 0],
    ['a b b c', 3],
    ['%', 1],
    ['春樹', 1],
    ['色彩を持たない多崎つくると、彼の巡礼の年', 5],
    ['ノルウェイの森 murakami', 3],
  ])('counts the words of %j', (query, count) => {
    expect(countWords(query)).toBe(count);
  });
});

describe('queryWords', () => {
  it.each([
    ['春樹', ['春', '樹']],
    ['nesbø', ['nesbo']],
    ["o'brien 100%", ['o', 'brien', '100']],
    ['%', ['％']],
  ])('finds in %j what a record must have', (query, words) => {
    expect(queryWords(OWNER, query)).toEqual(marked(words));
  });
});
