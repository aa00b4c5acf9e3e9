// Prints the packages that the product imports, as CycloneDX. `npm sbom --omit dev` lacks those that the tests use too.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const cwd = mkdtempSync(join(tmpdir(), 'library-api-sbom-'));
const npm = (...args) => execFileSync('npm', [...args, '--loglevel=error'], { cwd });
try {
  ['package.json', 'package-lock.json'].forEach(file => cpSync(file, join(cwd, file)));
  npm('pkg', 'delete', 'workspaces', 'devDependencies');
  npm('install', '--package-lock-only', '--offline', '--ignore-scripts', '--no-audit', '--no-fund');
  process.stdout.write(npm('sbom', '--package-lock-only', '--sbom-format=cyclonedx'));
} finally {
  rmSync(cwd, { recursive: true });
}
