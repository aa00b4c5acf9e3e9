/** The password of every test account (client.ts). */
export const PASSWORD = 'correct horse battery';

const TOKENS = /lib_(?:pat|rt)_\w{8}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\./;
const MATERIAL = new RegExp(String.raw`\$2[aby]\$\d\d\$|-----BEGIN [A-Z ]*PRIVATE KEY|${PASSWORD}`);
const CREDENTIALS = /\bBasic [\w+/]{8,}=*|\bBearer [\w.-]{20,}/;

/** The answers that give a token. */
const GIVERS =
  /^(?:GET|POST) \/login|^POST \/(?:token\/refresh|tokens)\b|^PUT \/users\/me\/password$/;

/** Its examples are the tests' own. */
const DOCUMENT = /^GET \/openapi\./;

const leaks: string[] = [];

/** Looks for secrets in each log line of every server of the tests; `expectNoLeaks` tells of them. */
export function watchLog(line: string): void {
  const found = [TOKENS, MATERIAL, CREDENTIALS].find(pattern => pattern.test(line));
  if (found !== undefined) {
    leaks.push(line);
  }
}

/** Looks for secrets in each answer that a test is given. */
export function watchAnswer(request: string, text: string): void {
  const isToken = TOKENS.test(text) && !GIVERS.test(request);
  if ((isToken || MATERIAL.test(text)) && !DOCUMENT.test(request)) {
    leaks.push(`${request}: ${text}`);
  }
}

/** Fails where anything so far, in any test of this file, had a secret in it. */
export function expectNoLeaks(): void {
  if (leaks.length > 0) {
    throw new Error(`${leaks.length} secrets were told, first: ${leaks[0].slice(0, 2_000)}`);
  }
}
