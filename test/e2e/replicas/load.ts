import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { call } from '../../support/client.js';
import type { Answer } from '../../support/client.js';

export interface Added {
  /** Of the records that were answered with 201. */
  names: string[];
  /** What came instead, before a retry was answered with 201: an answer, or the code of a broken connection. */
  failures: (Answer | string)[];
}

export interface Load {
  readonly added: Added;
  /** Resolves when this number of records is stored. */
  until(count: number): Promise<void>;
  stop(): Promise<Added>;
}

/** Clients that add one record after the other, each retried under its Idempotency-Key until it is kept. */
export function keepAdding(url: string | readonly string[], token: string, clients: number): Load {
  const urls = typeof url === 'string' ? [url] : url;
  const added: Added = { names: [], failures: [] };
  let goesOn = true;
  const running = Array.from({ length: clients }, async (_, client) => {
    while (goesOn) {
      const name = `record ${randomUUID().slice(0, 13)}`;
      added.failures.push(...(await addOne(urls[client % urls.length], token, name)));
      added.names.push(name);
    }
  });
  return {
    added,
    until: count =>
      vi.waitFor(() => expect(added.names.length).toBeGreaterThanOrEqual(count), 25_000),
    stop: async () => {
      goesOn = false;
      await Promise.all(running);
      return added;
    },
  };
}

async function addOne(url: string, token: string, name: string): Promise<(Answer | string)[]> {
  const failures: (Answer | string)[] = [];
  const json = { name, book: 'Prophet Song', country: 'Ireland' };
  const headers = { 'idempotency-key': `"${randomUUID()}"` };
  for (;;) {
    const answer = await call(url, 'POST', '/author', { token, json, headers }).catch(brokenBy);
    if (typeof answer !== 'string' && answer.status === 201) {
      return failures;
    }
    failures.push(answer);
    await sleep(200);
  }
}

function brokenBy(error: Error & { cause?: { code?: string } }): string {
  return error.cause?.code ?? error.message;
}

/** Every record that was acknowledged is there, and none twice. */
export async function expectOneRowEach(
  url: string,
  token: string,
  names: readonly string[],
): Promise<void> {
  const found: string[] = [];
  let next = '/authors?limit=100';
  while (next !== '') {
    const { body } = await call(url, 'GET', next, { token });
    found.push(...body.list_of_authors.map((author: { name: string }) => author.name));
    next = body.next_cursor === null ? '' : `/authors?limit=100&cursor=${body.next_cursor}`;
  }
  expect(found.toSorted()).toEqual(names.toSorted());
}
