import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';

/** More records than go to the database in one statement. */
const PADDING = 2_100;
const PAD = Array.from({ length: PADDING }, (_, index) => ({
  name: 'Padding',
  book: `Pad ${index}`,
  country: 'Nowhere',
}));

/** Few values, so that many records have the same key, in the same spelling or another. */
const records = fc.array(
  fc.record(
    {
      name: fc.constantFrom('Zoë', 'zoe', 'ZOË', 'Iris', 'iris'),
      book: fc.constantFrom('One', 'ONE', 'Two', 'Three'),
      country: fc.constantFrom('Ireland', 'Wales', 'Éire'),
      booker_prize: fc.boolean(),
    },
    { requiredKeys: ['name', 'book', 'country'] },
  ),
  { maxLength: 8 },
);
const cases = fc.record({
  before: records,
  lines: records,
  onConflict: fc.constantFrom('error', 'skip', 'update'),
  padAt: fc.constantFrom('start', 'end'),
});

describe.each(databases())('an import on %s', kind => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(kind);
  });
  afterAll(() => app.close());

  const upload = ({ token }: Account, lines: readonly object[], query: string): Promise<Answer> =>
    call(app.url, 'POST', `/authors/import?${query}`, {
      token,
      body: lines.map(line => `${JSON.stringify(line)}\n`).join(''),
      headers: { 'content-type': 'application/x-ndjson' },
    });

  async function stored({ token }: Account): Promise<unknown[]> {
    const { body } = await call(app.url, 'GET', '/authors/export?format=json', { token });
    const own = body.filter(({ name }: { name: string }) => name !== 'Padding');
    return own.map(({ id: _id, created_at: _made, updated_at: _changed, ...rest }: any) => rest);
  }

  it('should store a long file like a short one', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ before, lines, onConflict, padAt }) => {
        const [one, other] = [await newAccount(app.url), await newAccount(app.url)];
        for (const user of [one, other]) {
          await upload(user, before, 'on_conflict=skip');
        }
        const query = `on_conflict=${onConflict}`;
        const short = (await upload(one, lines, query)).body;
        const padded = padAt === 'start' ? [...PAD, ...lines] : [...lines, ...PAD];
        const long = (await upload(other, padded, query)).body;

        const isStored = short.created !== undefined;
        expect(long.created).toBe(isStored ? short.created + PADDING : undefined);
        expect([long.updated, long.skipped, long.error_count]).toEqual([
          short.updated,
          short.skipped,
          short.error_count,
        ]);
        const shift = padAt === 'start' ? PADDING : 0;
        expect(long.errors).toEqual(
          short.errors.map((fault: { line: number }) => ({ ...fault, line: fault.line + shift })),
        );
        expect(await stored(other)).toEqual(await stored(one));
        for (const q of ['zoe', 'iris+one', 'wales', 'ireland+three']) {
          const found = await Promise.all(
            [one, other].map(async ({ token }) => {
              const { body } = await call(app.url, 'GET', `/authors?q=${q}`, { token });
              return body.list_of_authors.map(({ name, book, version }: any) => [
                name,
                book,
                version,
              ]);
            }),
          );
          expect(found[1]).toEqual(found[0]);
        }
      }),
      { numRuns: 10 },
    );
  }, 120_000);
});
