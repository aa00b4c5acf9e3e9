import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_MAX } from './byte-lines.js';
import { csvLine, escapeFormula, parseCells, unescapeFormula } from './csv-cells.js';
import { RECORD_READERS } from './record-readers.js';
import type { ImportFormat } from './record-readers.js';

const RECORD = { name: 'A', book: 'B', country: 'C', booker_prize: false };

/** Reads a file in chunks of `size` bytes. */
function read(format: ImportFormat, file: string | Uint8Array, size = 7) {
  const bytes = Buffer.from(file as string);
  const reader = new RECORD_READERS[format]();
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return [...chunks.flatMap(chunk => reader.read(chunk)), ...reader.end()];
}

const good = (line: number, fields = {}) => ({ line, fields: { ...RECORD, ...fields } });
const bad = (line: number, detail: RegExp | string) => ({
  line,
  detail: expect.stringMatching(detail),
});

describe('a CSV file', () => {
  const HEAD = 'name,book,country,booker_prize\n';

  it.each<[string, string, object[]]>([
    ['plain', `${HEAD}A,B,C,false\nA,B,C,\n`, [good(2), good(3)]],
    ['without a last line end', `${HEAD}A,B,C,true`, [good(2, { booker_prize: true })]],
    [
      'with CRLF and a byte order mark',
      `\ufeff${HEAD}A,B,C,TRUE\n`.replaceAll('\n', '\r\n'),
      [good(2, { booker_prize: true })],
    ],
    ['in another order', 'country,id,book,name\nC,7,B,A\n', [good(2)]],
    ['with quotes', `${HEAD}"A ""x"", y","B",C,false\n`, [good(2, { name: 'A "x", y' })]],
    ['with blank lines', `${HEAD}\n\nA,B,C,\n\n`, [good(4)]],
    [
      'with a line break in quotes',
      `${HEAD}"A\r\nA",B,C,\nA,B,C,\n`,
      [good(2, { name: 'A\nA' }), good(4)],
    ],
    ['with white space around its cells', `${HEAD}" A\n",\u3000B\t,C ,\n`, [good(2)]],
    ['without a country', 'name,book\nA,B\n', [good(2, { country: '' })]],
    ['with an empty country', `${HEAD}A,B,,\n`, [good(2, { country: '' })]],
    ['with a cell too few', `${HEAD}A,B,C\nA,B,C,\n`, [bad(2, '3 cells'), good(3)]],
    ['with a cell too many', `${HEAD}A,B,C,,\n`, [bad(2, '5 cells')]],
    ['with a stray quote', `${HEAD}A"x,B,C,\nA,B,C,\n`, [bad(2, 'quote'), good(3)]],
    ['with text behind a quote', `${HEAD}"A"x,B,C,\nA,B,C,\n`, [bad(2, 'quote'), good(3)]],
    ['with an unclosed quote', `${HEAD}"A,B,C,\nA,B,C,\n`, [bad(2, 'not closed'), good(3)]],
    ['with a wrong truth', `${HEAD}A,B,C,yes\n`, [bad(2, 'booker_prize')]],
    [
      'with a defused formula',
      `${HEAD}'=A,'B,''-C,\n`,
      [good(2, { name: '=A', book: "'B", country: "'-C" })],
    ],
  ])('%s should be understood', (_, file, expected) => {
    for (const size of [1, 7, 10_000]) {
      expect(read('csv', file, size)).toEqual(expected);
    }
  });

  it.each([
    ['', 'no header'],
    ['name,country\n', 'no column book'],
    ['name,book,country,name\n', 'twice'],
    ['name,book,country,pages\n', '"pages"'],
  ])('that begins with %j should not be', (file, detail) => {
    expect(read('csv', file)).toEqual([{ ...bad(1, detail), fatal: true }]);
  });

  it('should tell the lines of invalid UTF-8', () => {
    const file = Buffer.concat([
      Buffer.from(`${HEAD}`),
      Buffer.from([0x41, 0xff, 0x0a]),
      Buffer.from('A,B,C,\n'),
    ]);
    expect(read('csv', file)).toEqual([bad(2, 'UTF-8'), good(3)]);
  });

  it('should give back any cells that were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), cells => {
        expect(parseCells(csvLine(cells).replace(/\r\n$/, ''))).toEqual({ cells });
      }),
    );
  });

  it('should hold no cell that a spreadsheet runs, and give it back', () => {
    const cell = fc.tuple(fc.constantFrom('=', '+', '-', '@', '\t', "'", "''", ''), fc.string());
    fc.assert(
      fc.property(cell, parts => {
        const text = parts.join('');
        expect(escapeFormula(text)).not.toMatch(/^[=+\-@\t\r]/);
        expect(unescapeFormula(escapeFormula(text))).toBe(text);
      }),
    );
  });
});

describe('an NDJSON file', () => {
  const line = (fields = {}) => JSON.stringify({ name: 'A', book: 'B', country: 'C', ...fields });

  it.each<[string, object[]]>([
    [`${line()}\r\n\n${line({ booker_prize: true })}`, [good(1), good(3, { booker_prize: true })]],
    [`${line({ id: 1, version: 2, created_at: 'x', updated_at: null })}\n`, [good(1)]],
    [`{"name":\n${line()}`, [bad(1, '.'), good(2)]],
    [`[]\n7\n${line()}`, [bad(1, 'object'), bad(2, 'object'), good(3)]],
    [
      line({ name: '' }),
      [bad(1, 'name is too short: it has 0 characters, at least 1 is required')],
    ],
    [line({ book: undefined }), [bad(1, 'book must be a string')]],
    [line({ name: 'a\u0000' }), [bad(1, 'name')]],
    [line({ name: '\ud800' }), [bad(1, 'name')]],
    [line({ booker_prize: 1 }), [bad(1, 'booker_prize')]],
    [line({ owner_id: 1 }), [bad(1, '"owner_id" is not known')]],
    ['{"name":"A","name":"B","book":"B","country":"C"}', [bad(1, '.')]],
    ['{"__proto__":{},"name":"A","book":"B","country":"C"}', [bad(1, '.')]],
    [`\ufeff${line()}`, [good(1)]],
  ])('%j should be understood', (file, expected) => {
    expect(read('ndjson', file, 3)).toEqual(expected);
  });

  it('should lose no more than the line that is too long', () => {
    const file = `${line()}\n${'x'.repeat(LINE_MAX + 1)}\n${line()}`;
    expect(read('ndjson', file, 4096)).toEqual([good(1), bad(2, 'longer'), good(3)]);
  });
});
