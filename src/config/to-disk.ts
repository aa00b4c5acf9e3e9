import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Returns once what was written to a file would outlive a power failure. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Returns once the names in a directory would outlive a power failure. */
export function syncDirectory(directory: string): void {
  // Windows cannot open one.
  if (process.platform !== 'win32') {
    syncFile(directory);
  }
}
