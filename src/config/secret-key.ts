import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import type { Config } from './config.js';
import { makeDirectory } from './directories.js';
import { readSecretFile } from './secret.js';
import { syncDirectory } from './to-disk.js';

const FILE_NAME = 'secret.key';

/** The random key of a database in memory, which lives as long as its configuration. */
const keysInMemory = new WeakMap<Config, Buffer>();

/**
 * The key that encrypts the secrets in the database: the configured one, or the one in `secret.key` in the data
 * directory, which the first call creates unless it `mustExist`. Processes that start together get the same key. Sets the mode of the file
 * to 0600, and never overwrites it, because a new key could not read what the old one encrypted.
 * @throws ConfigError if the file cannot be created, read or protected, or holds no key.
 */
export function resolveSecretKey(config: Config, { mustExist = false } = {}): Buffer {
  if (config.secretKey) {
    return config.secretKey;
  }
  if (config.databaseUrl === 'sqlite::memory:') {
    const key = keysInMemory.get(config) ?? newKey();
    keysInMemory.set(config, key);
    return key;
  }
  const file = join(config.dataDir, FILE_NAME);
  try {
    return readKey(file) ?? (mustExist ? refuseMissing(file) : makeKey(config.dataDir, file));
  } catch (error) {
    if (error instanceof ConfigError) {
      throw error;
    }
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError('DATA_DIR', `cannot keep ${FILE_NAME}: ${code} in ${config.dataDir}`);
  }
}

/** Base64url text, so that the content of the file also works as SECRET_KEY. */
function newKey(): Buffer {
  return Buffer.from(randomBytes(32).toString('base64url'), 'utf8');
}

function readKey(file: string): Buffer | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  if (!status) {
    return undefined;
  }
  if ((status.mode & 0o077) !== 0) {
    chmodSync(file, 0o600);
  }
  const key = readSecretFile(file);
  if (!key) {
    throw new ConfigError(
      'DATA_DIR',
      `holds a ${FILE_NAME} that is not a key: restore the right file or set SECRET_KEY (${file})`,
    );
  }
  return key;
}

function refuseMissing(file: string): never {
  throw new ConfigError(
    'DATA_DIR',
    `lacks the key of the database: put it into ${file} or set SECRET_KEY`,
  );
}

/** Writes a draft and renames it only if the name is free, so that no process reads half a key. */
function makeKey(directory: string, file: string): Buffer {
  makeDirectory(directory);
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, newKey(), { flag: 'wx', mode: 0o600, flush: true });
    giveName(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  // Otherwise a power failure could keep the database and lose its key.
  syncDirectory(directory);
  const key = readKey(file);
  if (!key) {
    throw new ConfigError('DATA_DIR', `lost its ${FILE_NAME} while it was created (${file})`);
  }
  return key;
}

function giveName(draft: string, file: string): void {
  const unlessTaken = (give: () => void): void => {
    try {
      give();
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) {
        throw error;
      }
    }
  };
  try {
    unlessTaken(() => linkSync(draft, file));
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) {
      throw error;
    }
    // A file system without hard links.
    unlessTaken(() => copyFileSync(draft, file, constants.COPYFILE_EXCL));
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
