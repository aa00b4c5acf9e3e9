import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import type { Variable } from '../../src/config/variables.js';
import { PROBLEMS } from '../../src/problems/problem.js';
import { ROOT } from '../support/process.js';

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

/** The cells of each row in the tables of a document. */
function tableIn(markdown: string): string[][] {
  const lines = markdown.split('\n');
  return lines.filter(line => /^\| (?!-)/.test(line)).map(cellsOf);
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim());

const variableRow = ({ name, takes, default: standard, defaultInWords, meaning }: Variable) => [
  `\`${name}\``,
  takes,
  defaultInWords ?? `\`${String(standard)}\``,
  meaning,
];

/** Each operation of the OpenAPI document, such as `GET /users`. */
function operations(): string[] {
  const { paths } = JSON.parse(text('openapi.json')) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path}`),
  );
}

/** Routes that the OpenAPI document leaves out. */
const UNDOCUMENTED = [
  'GET /',
  'GET /docs',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'GET /problems/{code}',
];

describe('the documents', () => {
  test('docs/configuration.md should list the variables as the code reads them', () => {
    const [, ...rows] = tableIn(text('docs/configuration.md'));
    expect(rows).toEqual(Object.values<Variable>(VARIABLES).map(variableRow));
  });

  test('docs/api.md should list the routes of the OpenAPI document and no others', () => {
    const [, ...rows] = tableIn(text('docs/api.md'));
    const routes = rows.flatMap(([cell]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, route]) => route),
    );
    expect(routes.toSorted()).toEqual([...operations(), ...UNDOCUMENTED].toSorted());
  });

  test('docs/errors.md should list each problem with its status and message', () => {
    const rows = text('docs/errors.md')
      .split('\n')
      .filter(line => /^\| `\w+` +\| \d{3} /.test(line));
    const problems = Object.entries(PROBLEMS);
    expect(rows.map(cellsOf)).toEqual(
      problems.map(([code, { status, message }]) => [`\`${code}\``, String(status), message]),
    );
  });

  test('docs/dependencies.md should have a row for each package', () => {
    const manifest = JSON.parse(text('package.json')) as Record<string, Record<string, string>>;
    const packages = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.devDependencies,
    });
    const named = [...text('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(
      ([, name]) => name,
    );
    expect(named.toSorted()).toEqual(packages.toSorted());
  });
});
