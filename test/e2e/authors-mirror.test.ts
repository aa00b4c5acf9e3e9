import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { databaseOf } from './auth/inside.js';

interface Record {
  id: number;
  version: number;
}

interface Copy {
  records: { [id: string]: Record };
  newest?: string;
}

type Api = { url: string; token: string };

const { update, compare } = (await import('../../examples/mirror.mjs' as string)) as {
  update: (api: Api, copy: Copy, overlapMs?: number) => Promise<number>;
  compare: (api: Api, copy: Copy) => Promise<number>;
};

/** How long the writers of a test write. */
const WRITING_MS = 3_000;

describe.each(databases())('a copy kept by examples/mirror.mjs on %s', kind => {
  let app: RunningApp;
  let ada: Account;
  let api: Api;
  let copy: Copy;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  beforeEach(async () => {
    ada = await newAccount(app.url);
    api = { url: app.url, token: ada.token };
    copy = { records: {} };
  });
  afterAll(() => app.close());

  const ask = (method: string, path: string, json?: unknown): Promise<Answer> =>
    call(app.url, method, path, { token: ada.token, json });
  const create = async (book: string): Promise<number> =>
    (await ask('POST', '/authors', { name: 'N', book, country: 'C' })).body.id;
  const all = async (): Promise<Copy['records']> => {
    const { body } = await call(app.url, 'GET', '/authors/export?format=json', {
      token: ada.token,
    });
    return Object.fromEntries(body.map((record: Record) => [record.id, record]));
  };

  /** Creates, changes, imports and deletes until the time is over. */
  async function write(writer: number, until: number): Promise<void> {
    const ids: number[] = [];
    for (let at = 0; performance.now() < until; at += 1) {
      ids.push(await create(`Book ${writer} ${at}`));
      const some = ids[Math.floor(ids.length / 2)];
      await ask('PATCH', `/authors/${some}`, { country: `Country ${at}` });
      if (at % 7 === 0) {
        await ask('DELETE', `/authors/${ids.shift()}`);
      }
      if (at % 5 === 0) {
        const lines = [at, at + 1].map(line => `{"name":"I","book":"B ${writer} ${line}"}`);
        await call(app.url, 'POST', '/authors/import?on_conflict=update', {
          token: ada.token,
          headers: { 'content-type': 'application/x-ndjson' },
          body: lines.join('\n'),
        });
      }
    }
  }

  it('should miss nothing while others write', { timeout: 60_000 }, async () => {
    const until = performance.now() + WRITING_MS;
    const writing = Promise.all([1, 2, 3, 4].map(writer => write(writer, until)));
    let runs = 0;
    while (performance.now() < until) {
      await update(api, copy, 500);
      runs += 1;
    }
    await writing;
    await update(api, copy, 500);
    const deleted = await compare(api, copy);
    expect(runs).toBeGreaterThan(2);
    expect(deleted).toBeGreaterThan(0);
    expect(copy.records).toEqual(await all());
  });

  it('should read only what has changed, with the overlap', async () => {
    const ids = [await create('A'), await create('B'), await create('C')];
    expect(await update(api, copy)).toBe(3);
    expect(await update(api, copy)).toBe(0);
    await ask('PATCH', `/authors/${ids[0]}`, { country: 'D' });
    await sleep(5);
    expect(await update(api, copy, 0)).toBe(1);
    expect(copy.records[ids[0]]).toMatchObject({ country: 'D', version: 2 });
    await ask('DELETE', `/authors/${ids[1]}`);
    expect([await update(api, copy), await compare(api, copy)]).toEqual([0, 1]);
    expect(copy.records).toEqual(await all());
  });

  it.runIf(kind === 'postgres')(
    'should need the overlap for a change that is committed after a later one',
    async () => {
      await create('Before');
      const late = await create('Late');
      await update(api, copy);
      const database = await databaseOf(app);
      let commit!: () => void;
      const held = new Promise<void>(resolve => (commit = resolve));
      const now = Date.now();
      const writing = database.write(async tx => {
        await tx.run(
          `UPDATE authors SET version = version + 1, country = 'Late', updated_at = $2 WHERE id = $1`,
          [late, now],
        );
        await held;
      });
      await sleep(50);
      await create('After');
      await update(api, copy, 0);
      commit();
      await writing;
      const hasty = structuredClone(copy);
      await update(api, hasty, 0);
      expect(hasty.records[late]).toMatchObject({ version: 1 });
      await update(api, copy);
      expect(copy.records[late]).toMatchObject({ version: 2, country: 'Late' });
      expect(copy.records).toEqual(await all());
    },
  );
});
