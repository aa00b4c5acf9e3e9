import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';

const ROWS = 10_000;
const COUNTRIES = ['Canada', 'canada', 'Éire', 'Ireland', 'Zambia'];
const MEMBERS = ['id', 'name', 'book', 'country', 'booker_prize', 'created_at', 'updated_at'];
const SORTS = MEMBERS.flatMap(member => [member, `-${member}`]);

/** Ties in each column, so that the order within a page is decided by the id as well. */
const record = (index: number) => ({
  name: `Name ${(index * 7) % 100}`,
  book: `Book ${index}`,
  country: COUNTRIES[index % COUNTRIES.length],
  booker_prize: index % 3 === 0,
});

describe.each(databases())('a walk over 10,000 authors on %s', kind => {
  let app: RunningApp;
  let ada: Account;
  /** The records that are there when a walk begins. */
  let ids: Set<number>;
  let made = ROWS;

  beforeAll(async () => {
    app = await startApp(kind);
    ada = await newAccount(app.url);
    const body = Array.from({ length: ROWS }, (_, index) => JSON.stringify(record(index)));
    const { status } = await call(app.url, 'POST', '/authors/import', {
      token: ada.token,
      body: body.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(status).toBe(200);
    ids = new Set(await walk('id'));
    expect(ids.size).toBe(ROWS);
  });
  afterAll(() => app.close());

  async function walk(sort: string): Promise<number[]> {
    const seen: number[] = [];
    let path: string | undefined = `/authors?limit=500&fields=id&sort=${sort}`;
    while (path !== undefined) {
      const { status, body, headers } = await call(app.url, 'GET', path, { token: ada.token });
      expect([path, status]).toEqual([path, 200]);
      seen.push(...body.list_of_authors.map(({ id }: { id: number }) => id));
      path = /^<([^>]*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    return seen;
  }

  /** The second client: takes records away from all over the list and puts new ones in, until told to stop. */
  async function disturb(walking: () => boolean): Promise<{ added: number[]; removed: number[] }> {
    const added: number[] = [];
    const removed: number[] = [];
    const candidates = [...ids];
    while (walking()) {
      const id = candidates[(made * 7919) % candidates.length];
      const json = record((made += 1));
      const post = await call(app.url, 'POST', '/authors', { token: ada.token, json });
      expect(post.status).toBe(201);
      added.push(post.body.id);
      const { status } = await call(app.url, 'DELETE', `/authors/${id}`, { token: ada.token });
      if (status === 200) {
        removed.push(id);
      }
    }
    return { added, removed };
  }

  it.each(SORTS)('should show each survivor once in the order %s', async sort => {
    let walking = true;
    const disturbance = disturb(() => walking);
    const seen = await walk(sort).finally(() => (walking = false));
    const { added, removed } = await disturbance;
    expect([added.length > 0, removed.length > 0]).toEqual([true, true]);
    expect(new Set(seen).size).toBe(seen.length);
    const gone = new Set(removed);
    const shown = new Set(seen);
    expect([...ids].filter(id => !gone.has(id) && !shown.has(id))).toEqual([]);
    expect(seen.filter(id => !ids.has(id) && !added.includes(id))).toEqual([]);
    ids = new Set([...[...ids].filter(id => !gone.has(id)), ...added]);
  });
});
