import { normalizeName } from '../users/user-name.js';
import type { User } from '../users/user.entity.js';
import type { UsersRepository } from '../users/users.repository.js';
import { CommandError } from './output.js';

/** The user with this name in any spelling. Throws CommandError if there is none. */
export async function findUser(users: UsersRepository, name: string): Promise<User> {
  const normalized = normalizeName(name);
  const user = 'key' in normalized ? await users.findByNameKey(normalized.key) : null;
  if (user === null) {
    throw new CommandError(`there is no user ${JSON.stringify(name)}`, 'user_not_found');
  }
  return user;
}
