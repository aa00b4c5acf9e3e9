/** A text with its addresses as messages may show them: user and password may hold any character, also `/` and `@`. */
export function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/gs, '//***@');
}
