import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, run } from './process.js';

/** How npm says that it cannot reach the registry. */
export const NO_REGISTRY =
  /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENETUNREACH|ENOTCACHED|network/;

const INSTALL = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];

/**
 * Installs the locked packages of a folder of this repository outside of it and returns where, or undefined if there
 * is no registry. Later runs use the same installation while the lock file is the same.
 */
export async function installScratch(folder: string): Promise<string | undefined> {
  const lock = readFileSync(`${ROOT}${folder}/package-lock.json`);
  const digest = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const place = path.join(tmpdir(), `library-api-${path.basename(folder)}-${digest}`);
  if (existsSync(place)) {
    return place;
  }
  const fresh = mkdtempSync(`${place}-`);
  for (const file of ['package.json', 'package-lock.json']) {
    cpSync(`${ROOT}${folder}/${file}`, path.join(fresh, file));
  }
  const { code, stderr } = await run('npm', [...INSTALL, '--loglevel=error'], { cwd: fresh });
  // Another run may have been faster.
  if (code === 0 && !existsSync(place)) {
    renameSync(fresh, place);
    return place;
  }
  rmSync(fresh, { recursive: true });
  if (code === 0 || NO_REGISTRY.test(stderr)) {
    return code === 0 ? place : undefined;
  }
  throw new Error(`npm ci in ${folder}: ${stderr}`);
}
