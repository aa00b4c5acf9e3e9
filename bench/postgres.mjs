// Starts the tests' PostgreSQL with full durability.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const CACHE = new URL('../node_modules/.cache/library-api/', import.meta.url);

export async function startPostgres() {
  // Node before version 22 cannot run TypeScript.
  const source = readFileSync(new URL('../test/support/postgres.ts', import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  const file = new URL('postgres.mjs', CACHE);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, outputText);
  return (await import(file.href)).startPostgres(true);
}
