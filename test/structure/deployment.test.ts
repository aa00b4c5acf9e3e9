import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { YAML11_SCHEMA, load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { basic, call } from '../support/client.js';
import { ROOT, ServerProcess, run } from '../support/process.js';

interface Service {
  image?: string;
  environment?: Record<string, string>;
  secrets?: string[];
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  logging?: { options: Record<string, string> };
  stop_grace_period?: string;
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
}

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');
const compose = (file: string): Compose => load(text(file), { schema: YAML11_SCHEMA }) as Compose;
const hasCompose = spawnSync('docker-compose', ['version']).error === undefined;

describe.each([
  [
    'compose.yaml',
    ['ADMIN_PASSWORD_FILE', 'DATABASE_PASSWORD_FILE', 'POSTGRES_PASSWORD_FILE', 'SECRET_KEY_FILE'],
  ],
  ['compose.sqlite.yaml', ['ADMIN_PASSWORD_FILE', 'SECRET_KEY_FILE']],
])('%s', (name, secretVariables) => {
  const { services, secrets } = compose(name);
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
    expect(files.map(({ name }) => name).toSorted()).toEqual(secretVariables);
    for (const { service, value } of files) {
      const secret = value.replace('/run/secrets/', '');
      expect(services[service].secrets).toContain(secret);
      expect(secrets[secret].file).toBe(`./secrets/${secret}`);
    }
    for (const file of ['.gitignore', '.dockerignore']) {
      expect(text(file).split('\n')).toContain('secrets');
    }
  });

  test('confines and limits each container, and cuts its log', () => {
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        cpus: expect.any(Number),
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        pids_limit: expect.any(Number),
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
        restart: 'unless-stopped',
      });
    }
    expect(services.api.stop_grace_period).toBe('15s');
  });

  test.skipIf(!hasCompose)('is one that docker-compose reads', () => {
    const args = ['--file', name, 'config', '--quiet'];
    const { status, stderr } = spawnSync('docker-compose', args, { cwd: ROOT, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

test('compose.yaml connects the product as a user that is not the superuser', () => {
  const { api, database } = compose('compose.yaml').services;
  const superuser = database.environment!.POSTGRES_USER ?? 'postgres';
  expect(new URL(api.environment!.DATABASE_URL).username).toBe('library');
  expect(superuser).not.toBe('library');
  expect(api.secrets).not.toContain('postgres_password');
  expect(database.user).toBe('postgres');
});

test('the secrets of docs/deploy.md and compose.sqlite.yaml make a first admin', async () => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'library-api-compose-'));
  const [, commands] = /```sh\n(mkdir -m 700 secrets\n.*?)```/s.exec(text('docs/deploy.md'))!;
  const made = await run('bash', ['--norc', '-e', '-c', commands], { cwd });
  expect([made.code, made.stdout]).toEqual([0, '']);
  const { secrets, services } = compose('compose.sqlite.yaml');
  const mounted = Object.entries(services.api.environment!).map(([name, value]) => {
    const secret = secrets[value.replace('/run/secrets/', '')];
    return [name, secret === undefined ? value : path.join(cwd, secret.file)];
  });
  const server = await ServerProcess.start({ cwd, env: Object.fromEntries(mounted) });
  try {
    const password = readFileSync(path.join(cwd, 'secrets/admin_password'), 'utf8').trim();
    const login = { headers: { authorization: basic('admin', password) } };
    const { body } = await call(server.url, 'GET', '/login', login);
    expect((await call(server.url, 'GET', '/users', { token: body.token })).status).toBe(200);
  } finally {
    await server.stop();
    rmSync(cwd, { recursive: true });
  }
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
      /node:24(?=-bookworm)/g,
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
