import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Creates a directory for its owner alone, and those above it where they are missing.
 * Throws a system error. (Node's own recursive mkdir never returns below /proc.)
 */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) {
    return;
  }
  makeDirectory(path.dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
}

/** Creates a file that only its owner may read, or makes an existing one so if it is ours. */
export function protectFile(file: string): void {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) {
    closeSync(openSync(file, 'a', 0o600));
  } else if ((status.mode & 0o077) !== 0 && status.uid === process.getuid?.()) {
    chmodSync(file, 0o600);
  }
}

/** Makes SQLite put its temporary files there; it reads the variable when the process opens its first database. */
export function useForTemporaryFiles(directory: string): void {
  process.env.SQLITE_TMPDIR ??= directory;
}
