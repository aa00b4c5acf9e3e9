import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { ROOT, runBuilt } from '../../support/process.js';
import type { Finished } from '../../support/process.js';

const BOOKER = path.join(ROOT, 'examples/booker-prize.csv');

describe.each(databases())(
  'library-api import and export, while a server runs on %s',
  { timeout: 90_000 },
  kind => {
    let running: RunningApp;
    let ada: Account;

    beforeAll(async () => {
      running = await startApp(kind);
      ada = await newAccount(running.url);
    });
    afterAll(() => running.close());

    const cli = (...args: string[]): Promise<Finished> =>
      runBuilt('cli.js', args, {
        cwd: running.dataDir,
        env: { DATABASE_URL: running.databaseUrl, SECRET_KEY: SECRET },
      });
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await cli(...args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^library-api: [^\n]+\n$/);
      return stderr;
    };
    const file = (name: string, content: string): string => {
      const place = path.join(running.dataDir, name);
      writeFileSync(place, content);
      return place;
    };
    const records = async ({ token }: Account): Promise<any[]> =>
      (await call(running.url, 'GET', '/authors?limit=500', { token })).body.list_of_authors;

    test('import stores the records of a file for the named user', async () => {
      const { code, stdout, stderr } = await cli(
        'import',
        BOOKER,
        '--user',
        ada.name.toUpperCase(),
      );
      expect([code, stdout, stderr]).toEqual([
        0,
        '60 created, 0 updated, 0 skipped, 0 faulty\n',
        expect.stringMatching(/^library-api: used the database [^\n]+\n$/),
      ]);
      expect(await records(ada)).toHaveLength(60);
    });

    test('import treats existing records and faulty lines as its flags say', async () => {
      const few = file('few.ndjson', '{"name":"A","book":"B","country":"C"}\n{"name":1}\n');
      const one = await cli('import', few, '--user', ada.name);
      expect([one.code, one.stdout]).toEqual([1, 'line 2: name must be a string\n']);
      expect(one.stderr).toMatch(/^library-api: one line has a fault[^\n]+\n$/);
      expect(await records(ada)).toHaveLength(60);
      const all = await cli('import', BOOKER, '--user', ada.name, '--json');
      expect(JSON.parse(all.stderr).error.message).toMatch(/^60 lines have faults/);
      const told = JSON.parse(all.stdout);
      expect([all.code, told.errors.length, told.error_count]).toEqual([1, 60, 60]);
      const skipping = ['--on-error', 'skip', '--on-conflict', 'skip', '--json'];
      const { stdout } = await cli('import', few, '--user', ada.name, ...skipping);
      expect(JSON.parse(stdout)).toMatchObject({ created: 1, skipped: 0, error_count: 1 });
      const again = await cli('import', BOOKER, '--user', ada.name, ...skipping);
      expect(JSON.parse(again.stdout)).toMatchObject({ created: 0, skipped: 60 });
      expect(await records(ada)).toHaveLength(61);
    });

    test('import lets the server write', async () => {
      const [other, { token }] = [await newAccount(running.url), await newAccount(running.url)];
      const many = Array.from({ length: 30_000 }, (_, index) =>
        JSON.stringify({ name: 'Name', book: `Book ${index}`, country: 'Ireland' }),
      ).join('\n');
      const importing = cli('import', file('many.ndjson', many), '--user', other.name);
      let isDone = false;
      void importing.finally(() => (isDone = true));
      const statuses: number[] = [];
      while (!isDone) {
        const json = { name: 'Other', book: `Book ${statuses.length}`, country: 'Wales' };
        statuses.push((await call(running.url, 'POST', '/author', { token, json })).status);
      }
      expect((await importing).stdout).toContain('30000 created');
      expect(new Set(statuses)).toEqual(new Set([201]));
      // Most of them during the import, not after it.
      expect(statuses.length).toBeGreaterThan(20);
      expect(await records(other)).toHaveLength(500);
    });

    test('import reads what export has written', async () => {
      const bob = await newAccount(running.url);
      for (const name of ['all.ndjson', 'all.csv']) {
        const place = path.join(running.dataDir, name);
        const { stdout } = await cli('export', place, '--user', ada.name);
        expect(stdout).toBe(`61 records are in ${place}\n`);
        expect(statSync(place).mode & 0o777).toBe(0o600);
        const flags = ['--on-conflict', 'update', '--json'];
        const imported = await cli('import', place, '--user', bob.name, ...flags);
        expect(JSON.parse(imported.stdout).error_count).toBe(0);
      }
      const bare = (rows: any[]): any[] =>
        rows.map(({ name, book, country, booker_prize }) => ({
          name,
          book,
          country,
          booker_prize,
        }));
      expect(bare(await records(bob))).toEqual(bare(await records(ada)));
    });

    test('import reads standard input, export writes standard output', async () => {
      const bob = await newAccount(running.url);
      const piped = (input: string, ...args: string[]): Promise<Finished> =>
        runBuilt('cli.js', args, {
          cwd: running.dataDir,
          env: { DATABASE_URL: running.databaseUrl, SECRET_KEY: SECRET },
          input,
        });
      const csv = 'Titel;Autor;Preis\nA;B;7\n';
      const flags = ['--user', bob.name, '--columns', 'book:Titel,name:Autor'];
      const imported = await piped(csv, 'import', '-', ...flags);
      expect(imported.stdout).toBe(
        '1 created, 0 updated, 0 skipped, 0 faulty\ncolumns left out: Preis\n',
      );
      const json = await piped('{"name":"C","book":"D"}\n', 'import', '-', '--user', bob.name);
      expect(json.stdout).toContain('1 created');
      const excel = ['--format', 'csv', '--bom', '--separator', ';'];
      const exported = await cli('export', '-', '--user', bob.name, ...excel);
      expect(exported.stderr).toEqual(
        expect.stringMatching(/^library-api: used the database [^\n]+\n$/),
      );
      expect(exported.stdout.split('\r\n')[0]).toBe(
        '\ufeffid;name;book;country;booker_prize;version;created_at;updated_at',
      );
      const lines = await cli('export', '-', '--user', bob.name);
      expect(
        lines.stdout
          .trim()
          .split('\n')
          .map(line => JSON.parse(line).name),
      ).toEqual(['B', 'C']);
    });

    test('export writes JSON, and replaces no file', async () => {
      const place = path.join(running.dataDir, 'all.json');
      const made = await cli('export', place, '--user', ada.name, '--json');
      expect(JSON.parse(made.stdout)).toEqual({ file: place, records: 61 });
      const written = readFileSync(place, 'utf8');
      expect(JSON.parse(written)).toEqual(await records(ada));
      expect(await refused('export', place, '--user', ada.name)).toContain('already exists');
      expect(readFileSync(place, 'utf8')).toBe(written);
    });

    test('a command that fails says why in one line, and leaves no file', async () => {
      const nowhere = path.join(running.dataDir, 'missing.csv');
      expect(await refused('import', nowhere, '--user', ada.name)).toContain('ENOENT');
      expect(await refused('import', BOOKER, '--user', 'nobody')).toContain('no user "nobody"');
      expect(await refused('export', nowhere, '--user', 'nobody')).toContain('no user "nobody"');
      expect(await refused('import', file('x.dat', ''), '--user', ada.name)).toContain('--format');
      expect(await refused('import', file('x.json', ''), '--user', ada.name)).toContain('NDJSON');
      expect(existsSync(nowhere)).toBe(false);
      const gone = path.join(running.dataDir, 'no/such/folder/all.csv');
      expect(await refused('export', gone, '--user', ada.name)).toContain('ENOENT');
    });
  },
);
