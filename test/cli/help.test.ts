import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/process.js';
import { cli, emptyDirectory } from './command-line.js';

const cwd = emptyDirectory();

/** The names of the packages that a command has loaded. */
async function loaded(line: string): Promise<string[]> {
  const coverage = path.join(cwd, line.replaceAll(/\W+/g, '_'));
  const { code } = await cli(line, cwd, { env: { NODE_V8_COVERAGE: coverage } });
  expect(code).toBe(0);
  const [report] = readdirSync(coverage);
  const { result } = JSON.parse(readFileSync(path.join(coverage, report), 'utf8')) as {
    result: { url: string }[];
  };
  const names = result.flatMap(({ url }) => {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    return name === undefined ? [] : [name];
  });
  return [...new Set(names)];
}

const COMMANDS = [
  '--help',
  '--version',
  'user --help',
  'user add --help',
  'user list --help',
  'user show --help',
  'user remove --help',
  'user promote --help',
  'token create --help',
  'events --help',
  'keys rotate --help',
  'backup --help',
  'restore --help',
  'copy --help',
  'import --help',
  'export --help',
  'migrate --help',
  'serve --help',
  'doctor --help',
];

describe('a command', { timeout: 60_000 }, () => {
  test.each([
    ['migrate', ['@nestjs/core', 'fastify']],
    ['doctor', ['@nestjs/core', 'fastify']],
    ['keys list', ['fastify', 'class-validator', 'csv-parse', 'piscina', 'bcryptjs', 'passport']],
    ['user list', ['fastify', 'csv-parse', 'piscina', 'bcryptjs', 'passport']],
  ])('%s should not load what only others need', async (line, others) => {
    const names = await loaded(line);
    expect(names).toContain('typeorm');
    expect(names.filter(name => others.includes(name))).toEqual([]);
  });
});

describe('help', { timeout: 60_000 }, () => {
  test.each(COMMANDS)('%s should load nothing but the parser of the command line', async line => {
    expect(await loaded(line)).toEqual(['commander']);
  });

  test.each(COMMANDS.slice(2))('%s should document --json', async line => {
    const { stdout, stderr } = await cli(line, cwd);
    expect(stderr).toBe('');
    expect(stdout).toMatch(line === 'user --help' ? /^Usage: library-api user/ : /--json/);
  });

  test('--version should print the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
      version: string;
    };
    expect(await cli('--version', cwd)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});
