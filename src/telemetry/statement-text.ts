/** Text in quotes, numbers, but no placeholder (`$1`), identifier or name in double quotes. */
const VALUES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$.?:])\d+(?:\.\d+)?(?!\w)/g;

const SUMMARY = /\b(SELECT|INSERT|UPDATE|DELETE)\b(?:[\s\S]*?\b(?:FROM|INTO|UPDATE)\s+"?(\w+)"?)?/i;

/** A statement with `?` for each value in its text. */
export function withoutValues(sql: string): string {
  return sql.replaceAll(VALUES, text => (text.startsWith('"') ? text : '?'));
}

/** What a statement does, and to which table: `SELECT authors`. */
export function summaryOf(sql: string): string {
  const [, verb, table] = SUMMARY.exec(sql) ?? [];
  const operation = verb?.toUpperCase() ?? 'statement';
  if (operation === 'UPDATE') {
    return `UPDATE ${/\bUPDATE\s+"?(\w+)"?/i.exec(sql)?.[1] ?? ''}`.trim();
  }
  return table === undefined ? operation : `${operation} ${table}`;
}
