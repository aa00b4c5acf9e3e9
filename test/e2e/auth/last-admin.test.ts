import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { call, login, newAccount } from '../../support/client.js';
import type { Account, Answer } from '../../support/client.js';
import type { ServerProcess } from '../../support/process.js';
import { anotherProcess, databaseOf, forgetTries, newAdmin, setRights } from './inside.js';

describe.each(databases())('the last admin on %s', kind => {
  let here: RunningApp;
  let there: ServerProcess;
  let ann: Account;
  let bob: Account;
  let victim: Account;

  beforeAll(async () => {
    here = await startApp(kind);
    there = await anotherProcess(here);
    victim = await newAccount(here.url);
    ann = await newAdmin(here);
    bob = await newAdmin(here);
  });

  afterAll(async () => {
    await there?.stop('SIGKILL');
    await here?.close();
  });

  const patch = (by: string, of: Account, json: object, on = here.url): Promise<Answer> =>
    call(on, 'PATCH', `/users/${of.publicId}`, { token: by, json });
  const activeAdmins = async (): Promise<number> => {
    const database = await databaseOf(here);
    const sql = 'SELECT count(*) AS n FROM users WHERE admin AND NOT disabled';
    return Number((await database.get<{ n: number }>(sql, []))?.n);
  };
  const restore = async (account: Account): Promise<void> => {
    await setRights(here, account.publicId, { admin: true, disabled: false });
    await forgetTries(here);
    account.token = (await login(here.url, account.name, account.password)).body.token;
  };

  it.each([
    ['demote', { admin: false }, 25],
    ['disable', { disabled: true }, 15],
    ['demote and disable', { admin: false, disabled: true }, 10],
  ] as const)('two who %s each other at once leave one', async (_, rights, rounds) => {
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all([
        patch(ann.token, bob, rights),
        patch(bob.token, ann, rights, there.url),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses).toContain(200);
      // The other came second: as the last admin's end, or when its caller had lost its rights.
      expect(statuses.filter(status => ![200, 401, 403, 409].includes(status))).toEqual([]);
      expect(statuses.filter(status => status === 200)).toHaveLength(1);
      expect(await activeAdmins()).toBe(1);
      await restore(ann);
      await restore(bob);
    }
  });

  it('two who remove themselves at once leave one', async () => {
    const remove = (who: Account, on: string): Promise<Answer> =>
      call(on, 'DELETE', '/users/me', { token: who.token, json: { password: who.password } });
    const statuses = await Promise.all([remove(ann, here.url), remove(bob, there.url)]);
    expect(statuses.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await activeAdmins()).toBe(1);
    const [last, gone] = statuses[0].status === 204 ? [bob, ann] : [ann, bob];
    expect((await login(here.url, gone.name, gone.password)).status).toBe(401);
    ann = last;
  });

  it('the last can in no way be demoted, disabled or removed', async () => {
    for (const answer of [
      await patch(ann.token, ann, { admin: false }),
      await patch(ann.token, ann, { disabled: true }),
      await call(here.url, 'DELETE', `/users/${ann.publicId}`, { token: ann.token }),
      await call(here.url, 'DELETE', '/users/me', {
        token: ann.token,
        json: { password: ann.password },
      }),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.body.type).toBe('/problems/last_admin');
    }
    // A disabled admin is none: it does not make the last one dispensable.
    await setRights(here, victim.publicId, { admin: true });
    await setRights(here, victim.publicId, { disabled: true });
    expect((await patch(ann.token, ann, { admin: false })).status).toBe(409);
    await setRights(here, victim.publicId, { disabled: false });
    expect((await patch(ann.token, ann, { admin: false })).status).toBe(200);
  });
});
