/** What a spreadsheet takes for a formula, behind any number of quotes that were put before it. */
const FORMULA = /^'*[=+\-@\t\r]/;

/**
 * The cells of one CSV record (RFC 4180); `open` where a quoted cell goes on in the next line. What is no record says
 * why in `fault`.
 */
export type CsvCells = { cells: string[] } | { fault: string } | 'open';

export function parseCells(text: string): CsvCells {
  const cells: string[] = [];
  for (let at = 0; ; at += 1) {
    if (text.charCodeAt(at) !== 0x22) {
      const comma = text.indexOf(',', at);
      const cell = text.slice(at, comma < 0 ? undefined : comma);
      if (cell.includes('"')) {
        return { fault: 'has a quote in a cell that does not begin with one' };
      }
      cells.push(cell);
      at = comma;
    } else {
      const end = closingQuote(text, at + 1);
      if (end < 0) {
        return 'open';
      }
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
      if (at < text.length && text[at] !== ',') {
        return { fault: 'has text behind a closing quote' };
      }
    }
    if (at < 0 || at >= text.length) {
      return { cells };
    }
  }
}

/** Where the quoted cell ends whose content begins at `from`, or -1. */
function closingQuote(text: string, from: number): number {
  let quote = text.indexOf('"', from);
  while (quote >= 0 && text[quote + 1] === '"') {
    quote = text.indexOf('"', quote + 2);
  }
  return quote;
}

/** One line of CSV, with its line end. */
export function csvLine(cells: readonly (string | number | boolean)[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(cell: string | number | boolean): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cell that no spreadsheet runs (OWASP, CSV injection): it begins with a `'` where it could be a formula. */
export function defused(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The text that `defused` was given. */
export function armed(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}
