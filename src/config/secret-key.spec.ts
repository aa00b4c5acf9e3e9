import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';
import type { Config } from './config.js';
import { resolveSecretKey } from './secret-key.js';

const KEY = 'q7Zp1vXr0KfWm3uT8sYd5hNc9LbJe2GaPo4RiUxMt6E';

describe('resolveSecretKey', () => {
  let parent: string;
  let directory: string;
  let config: Config;
  const file = (): string => join(directory, 'secret.key');
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'library-key-'));
    directory = join(parent, 'data');
    config = loadConfig({ DATA_DIR: directory }, '');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('makes a key that only its owner reads, and nothing else', () => {
    const key = resolveSecretKey(config);
    expect(key.toString()).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(file())).toEqual(key);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toEqual(['secret.key']);
  });

  it('uses the same key again', () => {
    expect(resolveSecretKey(config)).toEqual(resolveSecretKey({ ...config }));
  });

  it('makes another key in another place', () => {
    const other = loadConfig({ DATA_DIR: join(parent, 'other') }, '');
    expect(resolveSecretKey(config)).not.toEqual(resolveSecretKey(other));
  });

  it('gives what SECRET_KEY_FILE would give', () => {
    const key = resolveSecretKey(config);
    expect(loadConfig({ SECRET_KEY_FILE: file() }, '').secretKey).toEqual(key);
  });

  it('prefers the configured key and makes no file', () => {
    const key = resolveSecretKey(loadConfig({ DATA_DIR: directory, SECRET_KEY: KEY }, ''));
    expect(key.toString()).toBe(KEY);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('closes a file that others can read', () => {
    const key = resolveSecretKey(config);
    chmodSync(file(), 0o644);
    expect(resolveSecretKey(config)).toEqual(key);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'too short', 'x'.repeat(43)])('never writes over a file that holds %j', content => {
    resolveSecretKey(config);
    writeFileSync(file(), content);
    expect(() => resolveSecretKey(config)).toThrow(
      /^DATA_DIR holds a secret\.key that is not a key/,
    );
    expect(readFileSync(file(), 'utf8')).toBe(content);
  });

  it('says in one line why it cannot make the directory', () => {
    writeFileSync(directory, '');
    expect(() => resolveSecretKey(config)).toThrow(ConfigError);
    expect(() => resolveSecretKey(config)).toThrow(/^DATA_DIR cannot keep secret\.key: ENOTDIR/);
  });

  it('makes one up for a database in memory, the same while the process lives', () => {
    const memory = loadConfig({ DATA_DIR: directory, DATABASE_URL: 'sqlite::memory:' }, '');
    expect(resolveSecretKey(memory)).toHaveLength(43);
    expect(resolveSecretKey(memory)).toEqual(resolveSecretKey(memory));
    expect(resolveSecretKey(memory)).not.toEqual(resolveSecretKey({ ...memory }));
    expect(readdirSync(parent)).toEqual([]);
  });

  it('gives processes that start at once the same key', async () => {
    // Node cannot load TypeScript, and the build may be older than the source.
    const modules = join(parent, 'modules');
    mkdirSync(modules);
    writeFileSync(join(modules, 'package.json'), '{ "type": "module" }');
    for (const name of ['secret-key', 'secret', 'config-error', 'directories', 'to-disk']) {
      const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8');
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
      const { outputText } = ts.transpileModule(source, { compilerOptions });
      writeFileSync(join(modules, `${name}.js`), outputText);
    }
    const script = `
      import { resolveSecretKey } from ${JSON.stringify(join(modules, 'secret-key.js'))};
      const [, dataDir, at] = process.argv;
      while (Date.now() < Number(at)) {}
      console.log(resolveSecretKey({ dataDir, databaseUrl: 'sqlite:x' }).toString());`;
    const at = String(Date.now() + 400);
    const runs = Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, directory, at]),
    );
    const keys = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[\w-]{43}$/);
    expect(readdirSync(directory)).toEqual(['secret.key']);
  });
});
