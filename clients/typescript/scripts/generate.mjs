// Writes what src/ takes from openapi.json: src/document/openapi.ts, its types, and operations.ts, its table of operations.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

/** Other addresses of `login` and `createAuthor`. */
const ALIASES = ['loginByGet', 'createAuthorAlias'];

const DOCUMENT = new URL('../../../openapi.json', import.meta.url);
const OUTPUT = new URL('../src/document/', import.meta.url);
const HEAD = '// Generated from openapi.json by scripts/generate.mjs.\n';

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8'));
const binary = ts.factory.createTypeReferenceNode('Blob');
const types = await openapiTS(DOCUMENT, {
  silent: true,
  transform: ({ format }) => (format === 'binary' ? binary : undefined),
});

/** What the client must know when it runs, when types are gone. */
function rowOf(path, method, { security, parameters = [], requestBody, responses }) {
  const [, answer] = Object.entries(responses).find(([status]) => status.startsWith('2'));
  const type = Object.keys(requestBody?.content ?? {}).find(each => /[/+]json$/.test(each));
  return {
    method: method.toUpperCase(),
    path,
    ...(security.some(scheme => 'bearer' in scheme) && { auth: true }),
    ...(parameters.some(({ name }) => name === 'Idempotency-Key') && { keyed: true }),
    ...(type !== undefined && { type }),
    answers: Object.keys(answer.content ?? {}),
  };
}

const rows = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => [
    operation.operationId,
    rowOf(path, method, operation),
  ]),
);
const table = Object.fromEntries(rows.filter(([id]) => !ALIASES.includes(id)));

mkdirSync(OUTPUT, { recursive: true });
writeFileSync(new URL('openapi.ts', OUTPUT), HEAD + astToString(types));
writeFileSync(
  new URL('operations.ts', OUTPUT),
  `${HEAD}export const OPERATIONS = ${JSON.stringify(table, null, 2)} as const;\n`,
);
