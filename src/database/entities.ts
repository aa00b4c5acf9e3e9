import { Author } from '../authors/author.entity.js';
import { User } from '../users/user.entity.js';
import { SigningKey } from '../auth/keys/signing-key.entity.js';

/** Every entity of the product; each feature lists its own. */
export const entities: (new () => object)[] = [SigningKey, User, Author];
