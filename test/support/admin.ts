import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PASSWORD } from './client.js';

export const ADMIN = 'Root';

/** The environment of a product that makes its first admin: `ADMIN`, with the password of all test accounts. */
export function withFirstAdmin(): Record<string, string> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'library-api-admin-')), 'password');
  writeFileSync(file, PASSWORD, { mode: 0o600 });
  return { ADMIN_NAME: ADMIN, ADMIN_PASSWORD_FILE: file };
}
