import { describe, expect, it } from 'vitest';
import { newCode, parseCode } from './one-time-code.js';

describe('one-time codes', () => {
  it('should have 160 random bits in groups that can be read aloud', () => {
    const codes = Array.from({ length: 1_000 }, () => newCode().code);
    for (const code of codes) {
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){7}$/);
    }
    expect(new Set(codes).size).toBe(1_000);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
  });

  it('should be found again however somebody types them', () => {
    for (let index = 0; index < 100; index += 1) {
      const { code, digest } = newCode();
      const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')} `;
      expect(parseCode(code)).toEqual(digest);
      expect(parseCode(typed)).toEqual(digest);
      expect(parseCode(code.replaceAll('1', 'l').replaceAll('-', ''))).toEqual(digest);
      expect(parseCode(code.replaceAll('1', 'I'))).toEqual(digest);
    }
  });

  it('should keep nothing of themselves but the first 30 bits and a digest', () => {
    const { code, digest } = newCode();
    const symbols = code.replaceAll('-', '');
    expect(digest.locator).toBe(symbols.slice(0, 6));
    expect(digest.hash).toHaveLength(43);
    expect(JSON.stringify(digest)).not.toContain(symbols.slice(6, 14));
  });

  it.each(['', 'ABCD', 'U'.repeat(32), `${'A'.repeat(31)}Ä`, 'A'.repeat(33), ' '.repeat(100_000)])(
    'should not be taken for %j',
    text => {
      expect(parseCode(text)).toBeUndefined();
    },
  );
});
