// Writes openapi.json from the built product; with --check only compares, and exits non-zero if it differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { createApp } from '#dist/app.js';
import { loadConfig } from '#dist/config/config.js';
import { OPENAPI_FILE, openApiDocument } from '#dist/http/docs/openapi-document.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const config = loadConfig({ DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'error' }, '/dev/null');
const app = await createApp(config);
const text = `${JSON.stringify(openApiDocument(app, version), null, 2)}\n`;
await app.close();

if (!process.argv.includes('--check')) {
  writeFileSync(OPENAPI_FILE, text);
} else if (readFileSync(OPENAPI_FILE, 'utf8') !== text) {
  console.error('openapi.json differs from the code: run `npm run openapi` and commit it');
  process.exitCode = 1;
}
