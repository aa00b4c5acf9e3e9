import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { runBuilt } from '../support/process.js';
import type { Finished } from '../support/process.js';

/** An empty directory, which is removed after the tests of the file. */
export function emptyDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'library-api-cli-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs a command; `line` is split at spaces. */
export function cli(
  line: string | readonly string[],
  cwd: string,
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<Finished> {
  return runBuilt('cli.js', typeof line === 'string' ? line.split(' ') : line, {
    cwd,
    ...options,
  });
}
