import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_MAX } from './byte-lines.js';
import { csvLine, escapeFormula, unescapeFormula } from './csv-cells.js';
import { parseCsv } from './csv-records.js';
import { RECORD_READERS } from './record-readers.js';
import type { ImportFormat, ReadOptions } from './record-readers.js';

const RECORD = { name: 'A', book: 'B', country: 'C', booker_prize: false };

/** Reads a file in chunks of `size` bytes. */
function read(
  format: ImportFormat,
  file: string | Uint8Array,
  size = 7,
  options: ReadOptions = { onError: 'skip' },
) {
  const bytes = Buffer.from(file as string);
  const reader = new RECORD_READERS[format](options);
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
      'with a NUL in quotes over two lines',
      `${HEAD}"A\r\n\0",B,C,\nA,B,C,\n`,
      [bad(2, 'control'), good(4)],
    ],
    ['with optional cells missing', `${HEAD}A,B\nA,B,C\n`, [good(2, { country: '' }), good(3)]],
    ['with a required cell missing', `${HEAD}A\nA,B,C\n`, [bad(2, 'book'), good(3)]],
    ['with a cell too many', `${HEAD}A,B,C,,x\nA,B,C,\n`, [bad(2, '5 cells'), good(3)]],
    ['with empty columns at the end', 'name,book,country,,\nA,B,C,,,\nA,B,C\n', [good(2), good(3)]],
    ['with blank rows', `\n,,\n${HEAD},,,\n  \n\t,,\nA,B,C\n`, [good(7)]],
    ['with spaces around quotes', 'name, book, country\n"A" , "B", C\n', [good(2)]],
    ['with Ctrl-Z at the end', `${HEAD}A,B,C,\r\n\x1a`, [good(2)]],
    ['with Ctrl-Z after the last line', `${HEAD}A,B,C,\x1a`, [good(2)]],
    [
      'with CR alone',
      `${HEAD}A,B,C,\n"A\n",B,C,\n`.replaceAll('\n', '\r'),
      [good(2), bad(3, 'control')],
    ],
    [
      'of PowerShell',
      '#TYPE System.Object\r\n"name","book","country"\r\n"A","B","C"\r\n',
      [good(3)],
    ],
    [
      'of a German Excel',
      'sep=;\r\nname;book;country;booker_prize\r\nA;B;C;WAHR\r\n',
      [good(3, { booker_prize: true })],
    ],
    ['with tabs', 'Title\tPrimary Author\tPages\nB\tA\t7\n', [good(2, { country: '' })]],
    ['with bars', 'Author Name|Book Title|Country of Birth\nA|B|C\n', [good(2)]],
    ['with a comma in a header', 'NAME; "Book"; Country, today;nationality\nA;B;x;C\n', [good(2)]],
    [
      'with a stray quote between tabs',
      'name\tbook\tcountry\nA\t12" B\tC\nA\t"B" C\tC\nA\tB\tC\n',
      [good(2, { book: '12" B' }), good(3, { book: '"B" C' }), good(4)],
    ],
    [
      'with an open quote between tabs',
      'name\tbook\tcountry\nA\t"B\tC\nA\tB\tC\n',
      [good(2, { book: '"B' }), good(3)],
    ],
    [
      'with two quotes that are not closed',
      `${HEAD}"A,B,C,\n${'A,B,C,\n'.repeat(2)}"A,B,C,\nA,B,C,\n`,
      [bad(2, 'quote'), good(3), good(4), bad(5, 'closed'), good(6)],
    ],
    [
      'with a break after a broken line',
      `${HEAD}A"x,B,C,\nA,B,"C\nC",\nA,B,C,\n`,
      [bad(2, 'quote'), expect.objectContaining({ line: 3 }), good(5)],
    ],
    ['with a stray quote', `${HEAD}A"x,B,C,\nA,B,C,\n`, [bad(2, 'quote'), good(3)]],
    ['with text behind a quote', `${HEAD}"A"x,B,C,\nA,B,C,\n`, [bad(2, 'quote'), good(3)]],
    ['with an unclosed quote', `${HEAD}"A,B,C,\nA,B,C,\n`, [bad(2, 'not closed'), good(3)]],
    ['with a wrong truth', `${HEAD}A,B,C,maybe\n`, [bad(2, 'booker_prize')]],
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
    ['\n,,\n', 'no header'],
    ['name,book,country,NAME\n', '"name" twice'],
  ])('that begins with %j should not be', (file, detail) => {
    expect(read('csv', file)).toEqual([{ ...bad(1, detail), fatal: true }]);
  });

  it('should say in one fault which columns are missing, found and known', () => {
    expect(read('csv', 'Titel;Autor\nB;A\n')).toEqual([
      {
        line: 1,
        fatal: true,
        detail:
          'has no column for name and book; found: Titel, Autor; known: name = author = authors = primary author = author name = author text, book = title = book title, country = nationality = country of birth, booker_prize; columns=book:HEADER,name:HEADER names others',
      },
    ]);
  });

  it('should be read by the columns that are named', () => {
    const columns = { book: ' titel', name: 'Name, First' };
    const file = 'Titel;"Name, First";name;Country\nB;A;x;C\n';
    expect(read('csv', file, 7, { columns })).toEqual([good(2)]);
    const [fault] = read('csv', file, 7, { columns: { country: 'Land' } });
    expect(fault).toMatchObject({
      fatal: true,
      detail: expect.stringMatching('for book and country'),
    });
  });

  it('should list the columns that are left out', () => {
    const reader = new RECORD_READERS.csv({});
    reader.read(Buffer.from('id,Title,Author,Authors, My Review ,,created_at\n'));
    expect(reader.ignoredColumns).toEqual(['Authors', 'My Review']);
  });

  it.each<[boolean, string]>([
    [true, '1 TRUE True yes Y WAHR Ja VRAI oui VERDADERO Sí VERO sì VERDADEIRO sim WAAR'],
    [false, '0 FALSE No FALSCH nein FAUX non FALSO não ONWAAR nee'],
  ])('should read %s in the words of spreadsheets', (truth, words) => {
    for (const word of words.split(' ')) {
      expect([word, read('csv', `${HEAD}A,B,C, ${word} \n`)]).toEqual([
        word,
        [good(2, { booker_prize: truth })],
      ]);
    }
  });

  it('should keep the line breaks in quotes', () => {
    const [record] = read('csv', `${HEAD}A,B,"C\r\nD\nE",\n`);
    expect(record).toMatchObject({ line: 2 });
  });

  const TEXT = 'name,book,country\nZoë,“B”,C\n';
  const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

  it.each<[string, Buffer, string | undefined]>([
    ['UTF-16LE with a mark', utf16(TEXT), undefined],
    ['UTF-16BE with a mark', utf16(TEXT).swap16(), undefined],
    ['UTF-16LE with a mark and another charset', utf16(TEXT), 'windows-1252'],
    ['UTF-16BE by its charset', Buffer.from(TEXT, 'utf16le').swap16(), 'utf-16be'],
    ['UTF-8 by a charset', Buffer.from(TEXT), 'UTF-8'],
  ])('should be decoded from %s', (_, file, charset) => {
    for (const size of [1, 2, 3, 1000]) {
      expect(read('csv', file, size, { charset })).toEqual([good(2, { name: 'Zoë', book: '“B”' })]);
    }
  });

  it.each(['windows-1252', 'iso-8859-1'])('should be decoded from %s', charset => {
    const file = Buffer.from('name,book,country\nZo\xeb,\x93B\x94,C\n', 'latin1');
    expect(read('csv', file, 7, { charset })).toEqual([good(2, { name: 'Zoë', book: '“B”' })]);
  });

  it('should tell the lines of invalid UTF-16', () => {
    const file = utf16('name,book,country\nA\ud800,B,C\nA,B,C\n');
    expect(read('csv', file)).toEqual([bad(2, 'UTF-16'), good(3)]);
  });

  it('that is a workbook should say so', () => {
    const file = Buffer.from('PK\x03\x04\x14\0\x06\0\x08\0\n', 'latin1');
    expect(read('csv', file)).toEqual([{ ...bad(1, 'workbook'), fatal: true }]);
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
        for (const delimiter of [',', ';']) {
          const text = csvLine(cells, delimiter);
          const options = { delimiter, record_delimiter: ['\r\n'] };
          expect(parseCsv(text, options)).toEqual({ rows: [cells] });
        }
      }),
    );
  });

  it('should hold no cell that a spreadsheet runs, and give it back', () => {
    const cell = fc.tuple(
      fc.constantFrom('=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', "'", "''", ''),
      fc.string(),
    );
    fc.assert(
      fc.property(cell, parts => {
        const text = parts.join('');
        expect(escapeFormula(text)).not.toMatch(/^[=+\-@＝＋－＠\t\r]/);
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
    [line({ name: '' }), [bad(1, 'name must be 1 to 50 characters')]],
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

  it.each(['ndjson', 'csv'] as const)('should give up %s on a line without an end', format => {
    const head = format === 'csv' ? 'name,book\n' : '';
    const line = format === 'csv' ? 2 : 1;
    const endless = `${head}${'x'.repeat(LINE_MAX + 1)}`;
    const fault = { ...bad(line, 'longer'), fatal: true };
    const begun = (onError: 'abort' | 'skip', file: string) =>
      new RECORD_READERS[format]({ onError }).read(Buffer.from(file));
    expect(begun('abort', endless)).toEqual([fault]);
    expect(begun('skip', endless)).toEqual([]);
    expect(begun('skip', head + 'x'.repeat(16 * LINE_MAX + 1))).toEqual([fault]);
  });
});
