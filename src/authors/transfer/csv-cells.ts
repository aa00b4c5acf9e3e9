/** What a spreadsheet runs as a formula, after any number of quotes that were put before it. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** A quoted or a plain cell, and the comma or the end after it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
const QUOTED = /^"(?:[^"]|"")*"(?!")/;

/** The cells of a CSV record (RFC 4180), or its fault; `open` when a quoted cell continues in the next line. */
export type CsvCells = { cells: string[] } | { fault: string } | 'open';

export function parseCells(text: string): CsvCells {
  const cells: string[] = [];
  for (let at = 0; ; at = CELL.lastIndex) {
    CELL.lastIndex = at;
    const [, cell, rest, end] = CELL.exec(text) ?? [];
    if (end === undefined) {
      return text[at] === '"'
        ? (QUOTED.test(text.slice(at)) && { fault: 'has text after a closing quote' }) || 'open'
        : { fault: 'has a quote in a cell that does not begin with one' };
    }
    cells.push(cell?.replaceAll('""', '"') ?? rest);
    if (end === '') {
      return { cells };
    }
  }
}

/** One line of CSV, with its line end. */
export function csvLine(cells: readonly (string | number | boolean)[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(cell: string | number | boolean): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Puts a `'` before what a spreadsheet would run as a formula (OWASP, CSV injection). */
export function escapeFormula<T>(value: T): T | string {
  return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value;
}

/** Takes off what `escapeFormula` has added. */
export function unescapeFormula(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}
