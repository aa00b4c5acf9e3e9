import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT, run } from '../support/process.js';

interface Service {
  image?: string;
  environment?: Record<string, string>;
  secrets?: string[];
}

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');

describe('compose.yaml', () => {
  const { services, secrets } = load(text('compose.yaml')) as {
    services: Record<string, Service>;
    secrets: Record<string, { file: string }>;
  };
  const variables = Object.entries(services).flatMap(([service, { environment = {} }]) =>
    Object.entries(environment).map(([name, value]) => ({ service, name, value })),
  );

  test('has no secret in the environment', () => {
    for (const { name, value } of variables) {
      expect([name, /\$\{|:[^/@]+@/.test(value)]).toEqual([name, false]);
      expect([name, /PASSWORD|SECRET|KEY/.test(name) && !name.endsWith('_FILE')]).toEqual([
        name,
        false,
      ]);
    }
  });

  test('mounts each secret that a variable names, in the service that reads it', () => {
    const files = variables.filter(({ name }) => name.endsWith('_FILE'));
    expect(files.map(({ name }) => name).toSorted()).toEqual([
      'DATABASE_PASSWORD_FILE',
      'POSTGRES_PASSWORD_FILE',
      'SECRET_KEY_FILE',
    ]);
    for (const { service, value } of files) {
      const secret = value.replace('/run/secrets/', '');
      expect(services[service].secrets).toContain(secret);
      expect(secrets[secret].file).toBe(`./secrets/${secret}`);
    }
    for (const file of ['.gitignore', '.dockerignore']) {
      expect(text(file).split('\n')).toContain('secrets');
    }
  });

  test('connects the product as a user that is not the superuser', () => {
    const { api, database } = services;
    const superuser = database.environment!.POSTGRES_USER ?? 'postgres';
    expect(new URL(api.environment!.DATABASE_URL).username).toBe('library');
    expect(superuser).not.toBe('library');
    expect(api.secrets).not.toContain('postgres_password');
  });
});

describe('the check of base images', () => {
  let cwd: string;

  beforeEach(() => {
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-images-'));
    for (const file of [
      'Dockerfile',
      'compose.yaml',
      'package-lock.json',
      'docs/advisories.json',
    ]) {
      cpSync(ROOT + file, path.join(cwd, file));
    }
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  const check = () => run(process.execPath, [`${ROOT}scripts/advisories.mjs`], { cwd });
  const change = (file: string, from: RegExp, to: string): void =>
    writeFileSync(path.join(cwd, file), text(file).replace(from, to));

  test('accepts the images of this tree', async () => {
    expect(await check()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    [
      'of an old release',
      'Dockerfile',
      /node:24/g,
      'node:22.12.0',
      /node:22.12.0-.*use the release 24/,
    ],
    [
      'that is not listed',
      'compose.yaml',
      /haproxy:3.2/,
      'nginx:1',
      /nginx:1-alpine: add its release/,
    ],
    ['near its end', 'docs/advisories.json', /2028-04-30/, '2020-12-24', /2020-12-24 is its end/],
  ])('refuses an image %s', async (_, file, from, to, message) => {
    change(file, from, to);
    const { code, stderr } = await check();
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});
