/** Whether a text can be in a database at all: PostgreSQL takes no NUL, and answers one with an error. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
