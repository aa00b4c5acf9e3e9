/** What a spreadsheet runs as a formula, after any number of quotes that were put before it. */
const FORMULA = /^'*[=+\-@＝＋－＠\t\r]/;

/** One line of CSV, with its line end. */
export function csvLine(cells: readonly (string | number | boolean)[], separator = ','): string {
  return `${cells.map(cell => quoted(String(cell), separator)).join(separator)}\r\n`;
}

/** Readers may trim a cell that is not quoted. */
function quoted(text: string, separator: string): string {
  return /["\r\n]|^\s|\s$/.test(text) || text.includes(separator)
    ? `"${text.replaceAll('"', '""')}"`
    : text;
}

/** Puts a `'` before what a spreadsheet would run as a formula (OWASP, CSV injection). */
export function escapeFormula<T>(value: T): T | string {
  return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value;
}

/** Takes off what `escapeFormula` has added. */
export function unescapeFormula(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}
