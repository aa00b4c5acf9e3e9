import type { Database as DatabaseType } from '../../../src/database/database.js';
import { newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { SECRET } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { ServerProcess } from '../../support/process.js';

/** Parts of the built product that no route reaches. */
export async function databaseOf({ app }: RunningApp): Promise<DatabaseType> {
  const { Database } =
    (await import('#dist/database/database.js')) as unknown as typeof import('../../../src/database/database.js');
  return app.get(Database);
}

export async function keyRingOf({
  app,
}: RunningApp): Promise<import('../../../src/auth/keys/key-ring.js').KeyRing> {
  const { KeyRing } =
    (await import('#dist/auth/keys/key-ring.js')) as unknown as typeof import('../../../src/auth/keys/key-ring.js');
  return app.get(KeyRing);
}

/** Changes rights as the command line does. */
export async function setRights(
  { app }: RunningApp,
  publicId: string,
  rights: { admin?: boolean; disabled?: boolean },
): Promise<void> {
  const { UsersService } =
    (await import('#dist/users/users.service.js')) as unknown as typeof import('../../../src/users/users.service.js');
  await app.get(UsersService).setRights('cli', publicId, rights, { address: 'cli' });
}

/** A user who is logged in and an admin. */
export async function newAdmin(running: RunningApp): Promise<Account> {
  const account = await newAccount(running.url);
  await setRights(running, account.publicId, { admin: true });
  return account;
}

/** Resets every rate limit, as if earlier tests had run on another day. */
export async function forgetTries(running: RunningApp): Promise<void> {
  const database = await databaseOf(running);
  await database.run('DELETE FROM auth_throttle', []);
}

/** A second server on the same database, in a separate process as in production. */
export function anotherProcess(
  { databaseUrl, dataDir }: RunningApp,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  return ServerProcess.start({
    cwd: dataDir,
    env: {
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      SECRET_KEY: SECRET,
      REGISTER_LIMIT: 'off',
      ...env,
    },
  });
}

export async function throttleOf({
  app,
}: RunningApp): Promise<import('../../../src/auth/throttle/throttle.service.js').ThrottleService> {
  const { ThrottleService } =
    (await import('#dist/auth/throttle/throttle.service.js')) as unknown as typeof import('../../../src/auth/throttle/throttle.service.js');
  return app.get(ThrottleService);
}

/** Deletes expired rows, as a timer does every ten minutes. */
export async function sweepExpiredRows({ app }: RunningApp): Promise<void> {
  const { ExpiredRowsRepository } =
    (await import('#dist/auth/throttle/expired-rows.repository.js')) as unknown as typeof import('../../../src/auth/throttle/expired-rows.repository.js');
  await app.get(ExpiredRowsRepository).sweep();
}
