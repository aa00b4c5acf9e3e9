import { expect, it } from 'vitest';
import { Database } from '../database/database.js';
import { User } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

it('reads a password hash only as credentials', async () => {
  const database = await Database.open({ url: 'sqlite::memory:' });
  const users = new UsersRepository(database.dataSource.getRepository(User), database);
  const user = { publicId: 'p', name: 'Ada', nameKey: 'ada', passwordHash: '$2b$', admin: true };
  const stored = await database.write(tx => users.insert(tx, user, 1));
  const rows = [
    stored,
    await users.getByPublicId('p'),
    await users.findByNameKey('ada'),
    await users.getProfile('p'),
    ...(await users.findPage(0, 1)),
  ];

  expect(rows.filter(row => row?.name !== 'Ada' || row.passwordHash !== undefined)).toEqual([]);
  expect(await users.findCredentials({ nameKey: 'ada' })).toMatchObject({ passwordHash: '$2b$' });
  await database.close();
});
