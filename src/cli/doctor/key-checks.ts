import { existsSync } from 'node:fs';
import path from 'node:path';
import { labelOf } from '../../auth/keys/key-material.js';
import { SecretBox } from '../../auth/keys/secret-box.js';
import type { SigningKey } from '../../auth/keys/signing-key.entity.js';
import type { Config } from '../../config/config.js';
import { readSecretFile } from '../../config/secret.js';
import { checkOf, daysSince } from './finding.js';
import type { Finding } from './finding.js';
import type { Source } from './source.js';

const ROTATE_DAYS = 365;

type Key = Pick<SigningKey, 'kid' | 'purpose' | 'algorithm' | 'sealed'> & { created: string };

/** Whether SECRET_KEY opens the keys in the database, and how old the current ones are. */
export async function checkKeys(source: Source, config: Config): Promise<Finding[]> {
  const keys = await source.all<Key>(
    'SELECT kid, purpose, algorithm, sealed, created_at AS created FROM signing_keys WHERE retired_at IS NULL',
  );
  return [checkSecret(keys, config), checkAge(keys)];
}

function checkSecret(keys: readonly Key[], config: Config): Finding {
  const check = checkOf('secret key');
  const secrets = [secretOf(config), config.secretKeyPrevious].filter(each => each !== undefined);
  const advice =
    'set the SECRET_KEY that sealed the keys of this database, or put its secret.key into DATA_DIR';
  if (secrets.length === 0) {
    return check.failed('SECRET_KEY is not set, and DATA_DIR has no secret.key', advice);
  }
  const boxes = secrets.map(secret => new SecretBox(secret));
  const opens = ({ kid, purpose, algorithm, sealed }: Key): boolean =>
    boxes.some(box => box.open(sealed, labelOf(kid, purpose, algorithm)) !== undefined);
  return keys.every(opens)
    ? check.ok(`opens the ${keys.length} keys of the database`)
    : check.failed('does not open the keys of the database', advice);
}

/** Unlike the server, creates no file and changes no mode. */
function secretOf({ secretKey, dataDir }: Config): Buffer | undefined {
  const file = path.join(dataDir, 'secret.key');
  return secretKey ?? (existsSync(file) ? readSecretFile(file) : undefined);
}

function checkAge(keys: readonly Key[]): Finding {
  const check = checkOf('key age');
  const oldest = Math.max(0, ...keys.map(({ created }) => daysSince(Number(created))));
  const found = `the oldest key in use is ${oldest} days old`;
  return oldest < ROTATE_DAYS
    ? check.ok(found)
    : check.warning(found, 'run keys rotate for each purpose, at least once a year');
}
