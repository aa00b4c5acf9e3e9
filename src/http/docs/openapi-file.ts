import { readFileSync } from 'node:fs';

/** The committed OpenAPI document, beside package.json. */
export const OPENAPI_FILE = new URL('../../../openapi.json', import.meta.url);

let text: string | undefined;

/** The document as it is committed; `npm run check` keeps it in step with the code. */
export function openApiText(): string {
  text ??= readFileSync(OPENAPI_FILE, 'utf8');
  return text;
}
