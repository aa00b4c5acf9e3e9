import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';

const ROUNDS = 30;

describe.each(databases())('renaming on %s', kind => {
  let here: RunningApp;
  let users: Account[];

  beforeAll(async () => {
    here = await startApp(kind);
    users = await Promise.all(Array.from({ length: 6 }, () => newAccount(here.url)));
  });
  afterAll(() => here.close());

  const rename = async ({ token }: Account, name: string) =>
    (await call(here.url, 'PATCH', '/users/me', { token, json: { name } })).status;

  it('gives a free name that six users want at once to one of them', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      statuses.push(...(await Promise.all(users.map(user => rename(user, `wanted-${round}`)))));
    }

    expect(statuses.filter(status => status === 200)).toHaveLength(ROUNDS);
    expect(statuses.filter(status => status === 409)).toHaveLength(5 * ROUNDS);
  });

  it('lets a user change the letter case of their name', async () => {
    const [{ name }] = users;
    expect(await rename(users[0], name)).toBe(200);
    expect(await rename(users[0], name.toUpperCase())).toBe(200);
    expect(await rename(users[1], name)).toBe(409);
  });
});
