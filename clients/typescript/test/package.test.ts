import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../../test/support/app.js';
import { ROOT, run } from '../../../test/support/process.js';

const CLIENT = path.join(ROOT, 'clients/typescript');
const README = readFileSync(path.join(CLIENT, 'README.md'), 'utf8');
const EXAMPLE = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code).join('');

const NPM = ['--json', '--loglevel=error', '--offline', '--ignore-scripts'];

describe('the package of the client', { timeout: 120_000 }, () => {
  let place: string;
  let files: string[];

  beforeAll(async () => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-client-'));
    const packed = await run('npm', ['pack', ...NPM, '--pack-destination', place], { cwd: CLIENT });
    expect([packed.code, packed.code === 0 || packed.stderr]).toEqual([0, true]);
    files = packed.stdout.match(/"path": "[^"]+"/g)!.map(line => line.slice(9, -1));
    const [tarball] = readdirSync(place);
    const installed = await run('npm', ['install', ...NPM, `./${tarball}`], { cwd: place });
    expect([installed.code, installed.code === 0 || installed.stderr]).toEqual([0, true]);
  }, 120_000);
  afterAll(() => rmSync(place, { recursive: true }));

  const installed = (): string => path.join(place, 'node_modules/@library-api/client');

  it('should have what runs, its types and its README, and nothing else', () => {
    const others = files.filter(file => !/^dist\/(?:document\/)?\w+(?:\.d\.ts|\.js)$/.test(file));
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json']);
    const manifest = JSON.parse(readFileSync(path.join(installed(), 'package.json'), 'utf8'));
    expect([manifest.dependencies, manifest.peerDependencies]).toEqual([undefined, undefined]);
    expect(readFileSync(path.join(installed(), 'LICENSE'), 'utf8')).toBe(
      readFileSync(path.join(ROOT, 'LICENSE'), 'utf8'),
    );
  });

  it('should import nothing but itself, and be below 10 kB when gzipped', () => {
    const code = files
      .filter(file => file.endsWith('.js'))
      .map(file => readFileSync(path.join(installed(), file), 'utf8'));
    const imported = code.flatMap(each =>
      [...each.matchAll(/from '([^']+)'/g)].map(([, of]) => of),
    );
    expect(imported.filter(of => !of.startsWith('.'))).toEqual([]);
    const size = gzipSync(code.join('\n')).length;
    console.log(`@library-api/client: ${size} bytes gzipped`);
    expect(size).toBeLessThan(10_000);
  });

  it('should not be in the package of the server', async () => {
    const { stdout } = await run('npm', ['pack', ...NPM, '--dry-run'], { cwd: ROOT });
    expect(stdout).toContain('bin/library-api.js');
    expect(stdout).not.toContain('clients/');
  });

  /** What the compiler says of programs that import the package; each is a file with its name. */
  function complaints(programs: Record<string, string>, options: ts.CompilerOptions): string[] {
    const folder = path.join(place, 'programs');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, code] of Object.entries(programs)) {
      writeFileSync(path.join(folder, `${name}.mts`), `${code}\nexport {};\n`);
    }
    const host = ts.createProgram(
      Object.keys(programs).map(name => path.join(folder, `${name}.mts`)),
      {
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        typeRoots: [path.join(ROOT, 'node_modules/@types')],
        ...options,
      },
    );
    return ts.getPreEmitDiagnostics(host).map(({ code, file, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, '\n');
      return `${file && path.basename(file.fileName)} TS${code}: ${text}`;
    });
  }

  const NODE = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
  };
  const BROWSER = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  };

  const HEAD = `import { createClient, isProblem, ndjson } from '@library-api/client';
const library = createClient('http://localhost');
declare const error: unknown;
`;

  /** Programs that must not compile, and what the compiler must say. */
  const WRONG: Record<string, [code: string, complaint: RegExp]> = {
    problemOfAnother: [
      `if (isProblem(error, 'createAuthor') && error.type === '/problems/last_admin') {}`,
      /TS2367: This comparison appears to be unintentional/,
    ],
    misspeltProblem: [
      `if (isProblem(error) && error.type === '/problems/author_exist') {}`,
      /TS2367: This comparison appears to be unintentional/,
    ],
    fieldOfAnotherProblem: [
      `if (isProblem(error, 'createAuthor') && error.problem.type === '/problems/author_exists') { error.problem.errors; }`,
      /TS2339: Property 'errors' does not exist/,
    ],
    unknownOperation: [`isProblem(error, 'makeAuthor');`, /TS2345: .*"makeAuthor"/],
    unknownField: [
      `await library.createAuthor({ body: { name: 'N', book: 'B', language: 'L' } });`,
      /TS2353: .*'language' does not exist/,
    ],
    missingField: [
      `await library.createAuthor({ body: { name: 'N' } });`,
      /TS2741: Property 'book' is missing/,
    ],
    missingOptions: [`await library.deleteAuthor();`, /TS2554: Expected 1 arguments/],
    unknownParameter: [
      `await library.listAuthors({ query: { author: 'A' } });`,
      /TS2769: .*'author' does not exist/s,
    ],
    unknownOrder: [
      `await library.listAuthors({ query: { sort: 'title' } });`,
      /TS2769: .*"title"/s,
    ],
    wrongMediaType: [
      `await library.importAuthors({ contentType: 'text/html', body: '' });`,
      /TS2322: .*"text\/html"/,
    ],
    wrongRecord: [`ndjson([{ title: 'T' }]);`, /TS2769/],
    fieldsAreOptional: [
      `for await (const { name } of library.listAuthors({ query: { fields: 'id' } })) { name.length; }`,
      /TS18048: 'name' is possibly 'undefined'/,
    ],
    notModified: [
      `(await library.getAuthor({ path: { id: 1 }, header: { 'If-None-Match': '"1-1"' } })).data.name;`,
      /TS2532: Object is possibly 'undefined'/,
    ],
    csvHasNoRecords: [
      `for await (const _ of library.exportAuthors({ query: { format: 'csv' } })) {}`,
      /TS2504: .*asyncIterator/,
    ],
    refreshByHand: [`await library.refresh({ body: { refresh_token: '' } });`, /TS2339/],
  };

  /** Programs that must compile. */
  const RIGHT: Record<string, string> = {
    problem: `
      if (isProblem(error, 'createAuthor') && error.problem.type === '/problems/validation_failed') {
        const pointers: string[] = error.problem.errors.map(({ pointer }) => pointer);
        const status: 422 = error.problem.status;
      }
      if (isProblem(error, 'importAuthors') && error.problem.type === '/problems/import_refused') {
        const lines: number[] = error.problem.errors.map(({ line }) => line);
      }`,
    records: `
      const { data } = await library.getAuthor({ path: { id: 1 } });
      const name: string = data.name;
      for await (const { book } of library.listAuthors()) { const text: string = book; }
      for await (const { country } of library.exportAuthors()) { const text: string = country; }
      for await (const { admin } of library.listUsers({ query: { limit: 5 } })) { const is: boolean = admin; }
      const page = await library.listAuthors({ query: { count: true, sort: '-updated_at' }, signal: AbortSignal.timeout(1) });
      const total: number | undefined = page.data.total;
      const next: string | null = page.data.next_cursor;
      const file: ReadableStream<Uint8Array> = (await library.exportAuthors({ query: { format: 'csv' } })).data;
      const nothing: undefined = (await library.logout()).data;
      const key: 'ES256' | undefined = (await library.getJwks()).data.keys[0]?.alg;
      const text: string = (await library.getMetrics()).data;`,
    files: `
      await library.importAuthors({ contentType: 'text/csv', body: new Blob([]), query: { on_error: 'skip' } });
      await library.importAuthors({ contentType: 'application/x-ndjson', body: () => new Blob([]).stream() });`,
  };

  const withHead = (programs: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(programs).map(([name, code]) => [name, HEAD + code]));

  it('should compile in strict mode for a browser', () => {
    expect(complaints(withHead(RIGHT), BROWSER)).toEqual([]);
  });

  it('should compile for Node, with its README, and refuse what the document does not have', () => {
    const wrong = Object.fromEntries(Object.entries(WRONG).map(([name, [code]]) => [name, code]));
    const found = complaints({ ...withHead({ ...RIGHT, ...wrong }), readme: EXAMPLE }, NODE);
    for (const [name, [, complaint]] of Object.entries(WRONG)) {
      const of = found.filter(each => each.startsWith(`${name}.mts `));
      expect([name, of.length, of[0]]).toEqual([name, 1, expect.stringMatching(complaint)]);
    }
    expect(found.filter(each => !(each.split('.')[0] in WRONG))).toEqual([]);
  });

  describe.each(databases())('on %s', kind => {
    it('should do what its README says', async () => {
      const app = await startApp(kind);
      try {
        const { outputText } = ts.transpileModule(EXAMPLE, {
          compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
        });
        const program = path.join(place, 'example.mjs');
        writeFileSync(program, outputText.replaceAll('http://localhost:3000', app.url));
        writeFileSync(path.join(place, 'authors.csv'), 'name,book\nPaul Lynch,Prophet Song\n');
        const { stdout, stderr } = await run(process.execPath, [program], { cwd: place });
        expect(stderr).toBe('');
        expect(stdout.split('\n')).toEqual([
          expect.stringMatching(/^\d+ "\d+-1"$/),
          'Anna Burns: Milkman',
          'already there',
          'Ada',
          '0 1',
          'Milkman',
          '2 changed',
          '0 deleted',
          '',
        ]);
      } finally {
        await app.close();
      }
    });
  });
});
