// Writes openapi.json and openapi.yaml from the built product; with --check exits non-zero if one of them differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { dump } from 'js-yaml';
import { createApp } from '#dist/app.js';
import { loadConfig } from '#dist/config/config.js';
import { OPENAPI_FILES, openApiDocument } from '#dist/http/docs/openapi-document.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const config = loadConfig({ DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'error' }, '/dev/null');
const app = await createApp(config);
const json = JSON.stringify(openApiDocument(app, version), null, 2);
await app.close();

const texts = {
  json: `${json}\n`,
  yaml: dump(JSON.parse(json), { noRefs: true, lineWidth: -1 }),
};

for (const [format, file] of Object.entries(OPENAPI_FILES)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(file, texts[format]);
  } else if (readFileSync(file, 'utf8') !== texts[format]) {
    console.error(`openapi.${format} differs from the code: run \`npm run openapi\` and commit it`);
    process.exitCode = 1;
  }
}
