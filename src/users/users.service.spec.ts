import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { freshDatabase, testDialects } from '../../test/support/fresh-database.js';
import type { AuditService } from '../audit/audit.service.js';
import { Database } from '../database/database.js';
import type { Pages } from '../lists/pages.js';
import { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

it.each(testDialects())(
  'ends the session of a login in progress when the user is disabled, on %s',
  async kind => {
    const fresh = await freshDatabase(kind);
    const database = await Database.open(fresh);
    const entities = database.dataSource.getRepository(User);
    const repository = new UsersRepository(entities, database);
    const audit = { record: () => Promise.resolve() } as unknown as AuditService;
    const users = new UsersService(repository, database, audit, {} as Pages, {} as never);
    const user = { publicId: 'p', name: 'A', nameKey: 'a', passwordHash: '', admin: false };
    const { id } = (await database.write(tx => repository.insert(tx, user, 1)))!;
    const login = database.write(async tx => {
      await repository.lockCredentials(tx, id);
      await sleep(50);
      return Date.now();
    });
    await sleep(10);
    await users.setRights('p', 'p', { disabled: true }, { address: '' });

    const { tokensValidFrom } = await entities.findOneByOrFail({ id });
    expect(tokensValidFrom).toBeGreaterThan(await login);
    await database.close();
    await fresh.remove();
  },
);
