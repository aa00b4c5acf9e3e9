import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Returns once the content of a file would survive a power failure. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Returns once the names in a directory would survive a power failure. */
export function syncDirectory(directory: string): void {
  // Windows cannot open a directory.
  if (process.platform !== 'win32') {
    syncFile(directory);
  }
}
