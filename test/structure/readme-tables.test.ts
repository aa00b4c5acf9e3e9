import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/variables.js';
import type { Variable } from '../../src/config/variables.js';
import { PROBLEMS } from '../../src/problems/problem.js';
import { ROOT } from '../support/process.js';

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

/** The rows of the table under a heading, each as its cells; column widths do not matter. */
function tableUnder(heading: string, markdown: string): string[][] {
  const [, section = ''] = markdown.split(`\n${heading}\n`);
  const lines = section.split(/\n## /, 1)[0].split('\n');
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

/** `GET /users` for each operation of the OpenAPI document. */
function operations(): string[] {
  const { paths } = JSON.parse(text('openapi.json')) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path}`),
  );
}

/** The routes that are no part of the API that they describe. */
const UNDOCUMENTED = [
  'GET /',
  'GET /docs',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'GET /problems/{code}',
];

describe('the documents', () => {
  test('README.md has the variables as they are read', () => {
    const [, ...rows] = tableUnder('## Configuration', text('README.md'));
    expect(rows).toEqual(Object.values<Variable>(VARIABLES).map(variableRow));
  });

  test('README.md has the routes of the OpenAPI document and no others', () => {
    const [, ...rows] = tableUnder('## Routes', text('README.md'));
    const routes = rows.flatMap(([cell]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, route]) => route),
    );
    expect(routes.toSorted()).toEqual([...operations(), ...UNDOCUMENTED].toSorted());
  });

  test('docs/errors.md has every problem with its status and message', () => {
    const rows = text('docs/errors.md')
      .split('\n')
      .filter(line => /^\| `\w+` +\| \d{3} /.test(line));
    const problems = Object.entries(PROBLEMS);
    expect(rows.map(cellsOf)).toEqual(
      problems.map(([code, { status, message }]) => [`\`${code}\``, String(status), message]),
    );
  });

  test('docs/dependencies.md has a line for each package', () => {
    const manifest = JSON.parse(text('package.json')) as Record<string, Record<string, string>>;
    const packages = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const named = [...text('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(
      ([, name]) => name,
    );
    expect(named.toSorted()).toEqual(packages.toSorted());
  });
});
