import { ADMIN } from '../../support/admin.js';
import { PASSWORD, basic, call, newAccount } from '../../support/client.js';
import type { Account, Answer, CallOptions } from '../../support/client.js';
import type { RunningApp } from '../../support/app.js';
import { databaseOf } from '../auth/inside.js';
import type { RawAnswer } from '../../support/raw.js';

/** What the cases need: whom they call as, and what is there. */
export interface World {
  url: string;
  closedUrl: string;
  user: Account;
  other: Account;
  admin: string;
  adminId: string;
  /** A session that has not seen its user's password for long. */
  stale: string;
  /** A personal access token that may read authors, and nothing else. */
  personal: string;
  /** An author of `user`. */
  author: { id: number; name: string };
}

export interface Case {
  status: number;
  code: string;
  when: string;
  ask(world: World): Promise<Answer | RawAnswer>;
  /** Fields that the answer must have. */
  headers?: Record<string, RegExp>;
}

export const AUTHOR = { name: 'Anna Burns', book: 'Milkman', country: 'United Kingdom' };

/** As the first user. */
export const asUser =
  (method: string, path: string | ((world: World) => string), options: CallOptions = {}) =>
  (world: World): Promise<Answer> =>
    call(world.url, method, typeof path === 'string' ? path : path(world), {
      token: world.user.token,
      ...options,
    });

export const asAdmin =
  (method: string, path: (world: World) => string, options: CallOptions = {}) =>
  (world: World): Promise<Answer> =>
    call(world.url, method, path(world), { token: world.admin, ...options });

export async function makeWorld(running: RunningApp, closedUrl: string): Promise<World> {
  const { url } = running;
  const [user, other, admin] = await Promise.all([
    newAccount(url),
    newAccount(url),
    call(url, 'GET', '/login', { headers: { authorization: basic(ADMIN, PASSWORD) } }),
  ]);
  const users = await call(url, 'GET', '/users', { token: admin.body.token });
  const personal = await call(url, 'POST', '/tokens', {
    token: user.token,
    json: { name: 'reader', scopes: ['authors:read'] },
  });
  const { token: stale, sessionId } = await newAccount(url);
  const database = await databaseOf(running);
  await database.run('UPDATE sessions SET confirmed_at = 0 WHERE id = $1', [sessionId]);
  const author = await call(url, 'POST', '/author', { token: user.token, json: AUTHOR });
  return {
    url,
    closedUrl,
    user,
    other,
    admin: admin.body.token,
    adminId: users.body.users.find(({ name }: { name: string }) => name === ADMIN).public_id,
    personal: personal.body.token,
    stale,
    author: author.body,
  };
}
