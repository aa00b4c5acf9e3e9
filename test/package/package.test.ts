import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DRIVER_PACKAGE } from '../../src/database/sqlite-driver.js';
import { call, newAccount } from '../support/client.js';
import { ROOT, ServerProcess, run } from '../support/process.js';
import { NO_REGISTRY } from '../support/scratch.js';

const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(
  readFileSync(`${ROOT}package.json`, 'utf8'),
) as Record<'dependencies' | 'peerDependencies' | 'optionalDependencies', object>;

/** Without scripts, because better-sqlite3 12 would compile for a minute: the test copies the binary of this tree. */
const INSTALL = [
  ...['install', '--omit=dev', '--ignore-scripts', '--prefer-offline'],
  ...['--no-audit', '--no-fund', '--loglevel=error'],
];

const DRIVER = `node_modules/${DRIVER_PACKAGE}`;

describe('npm pack', { timeout: 300_000 }, () => {
  let place: string;
  let tarball: string;
  let files: string[];

  beforeAll(async () => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-package-'));
    const command = ['pack', '--json', '--loglevel=error', '--pack-destination', place];
    const { code, stdout, stderr } = await run('npm', command, { cwd: ROOT });
    expect([code, code === 0 || stderr]).toEqual([0, true]);
    [tarball] = readdirSync(place).map(file => path.join(place, file));
    files = stdout.match(/"path": "[^"]+"/g)!.map(line => line.slice(9, -1));
  }, 120_000);
  afterAll(() => rmSync(place, { recursive: true }));

  test('has what runs, and nothing else', () => {
    const others = files.filter(file => !/^dist\/(?!src\/|ormconfig\.).*\.js$/.test(file));
    expect(others.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'bin/library-api.js',
      'openapi.json',
      'openapi.yaml',
      'package.json',
    ]);
    expect(files).toContain('dist/main.js');
    expect(files.filter(file => file.startsWith('dist/database/migrations/'))).not.toEqual([]);
    expect(files.filter(file => /\.(test|spec)\./.test(file))).toEqual([]);
  });

  test('imports only packages of "dependencies", "optionalDependencies" and optional peers', () => {
    const imported =
      /^(?:import|export) (?:.* from )?'([^.#'][^']*)'|(?:\bimport\(|\brequire\(|\(import\.meta\.url\)\(|\bresolve\()['"`]([^.#'"`][^'"`]*)/gm;
    const packages = files
      .filter(file => file.endsWith('.js'))
      .flatMap(file => [...readFileSync(ROOT + file, 'utf8').matchAll(imported)])
      .map(([, of, later]) => /^(@[^/]+\/)?[^/]+/.exec(of ?? later)![0])
      .filter(of => !of.startsWith('node:') && !builtinModules.includes(of));
    const unknown = [...new Set(packages)].filter(
      of => !(of in { ...dependencies, ...peerDependencies, ...optionalDependencies }),
    );
    expect(unknown).toEqual([]);
    expect(packages).toEqual(expect.arrayContaining(['fastify', 'piscina', 'csv-parse', 'pg']));
  });

  test('installs into an empty directory and serves', async context => {
    const app = path.join(place, 'app');
    mkdirSync(app);
    const since = performance.now();
    const { code, stderr } = await run('npm', [...INSTALL, tarball], { cwd: app });
    if (code !== 0 && NO_REGISTRY.test(stderr)) {
      context.skip('no registry');
    }
    expect([code, stderr]).toEqual([0, '']);
    const installed = seconds(since);
    cpSync(ROOT + DRIVER, path.join(app, DRIVER), { recursive: true });

    const begun = performance.now();
    const program = [`${app}/node_modules/.bin/library-api`, 'serve'];
    const server = await ServerProcess.start({ cwd: app, program });
    try {
      expect((await call(server.url, 'GET', '/health/ready')).status).toBe(200);
      const answered = seconds(begun);
      await useEverything(server.url);
      const size = (file: string): string => (bytesOf(file) / 1_000_000).toFixed(1);
      console.log(
        `npm pack: ${size(tarball)} MB; installed: ${size(app)} MB in ${installed} s (without compiling ` +
          `better-sqlite3); first answer ${answered} s after the start`,
      );
    } finally {
      await server.stop();
    }
    await lacksTraces(app, program);
    await lacksSqlite(app, program);
  });
});

/** An installation succeeds without the optional driver, so the start says what to do. */
async function lacksSqlite(cwd: string, program: string[]): Promise<void> {
  rmSync(path.join(cwd, DRIVER), { recursive: true });
  const { code, stderr } = await run(process.execPath, program, { cwd });
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(
      new RegExp(
        `^library-api: SQLite needs the package ${DRIVER_PACKAGE}: run npm install .*\\n$`,
      ),
    ),
  ]);
}

/** The packages for traces are optional, so a start that needs them says which document names them. */
async function lacksTraces(cwd: string, program: string[]): Promise<void> {
  expect(readdirSync(`${cwd}/node_modules/@opentelemetry`)).toEqual(['api']);
  const env = { OTEL_TRACES_EXPORTER: 'otlp' };
  const { code, stderr } = await run(process.execPath, program, { cwd, env });
  expect([code, stderr]).toEqual([
    78,
    expect.stringMatching(
      /^library-api: OTEL_TRACES_EXPORTER .*not installed.*operations\.md.*\n$/,
    ),
  ]);
}

/** The product loads some of its packages when they are first used. */
async function useEverything(url: string): Promise<void> {
  const { token } = await newAccount(url);
  const imported = await call(url, 'POST', '/authors/import', {
    token,
    headers: { 'content-type': 'text/csv' },
    body: 'name,book,country\nPaul Lynch,Prophet Song,Ireland\n',
  });
  expect([imported.status, imported.body.created]).toEqual([200, 1]);
  for (const route of ['/docs', '/openapi.yaml', '/openapi.json', '/authors/export?format=csv']) {
    expect([route, (await call(url, 'GET', route, { token })).status]).toEqual([route, 200]);
  }
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

function bytesOf(file: string): number {
  const stat = statSync(file);
  return stat.isDirectory()
    ? readdirSync(file).reduce((sum, each) => sum + bytesOf(path.join(file, each)), 0)
    : stat.size;
}
