// Fails if package-lock.json has a package version that docs/advisories.json lists as unsafe. Works offline.
import { readFileSync } from 'node:fs';

const readJson = file => JSON.parse(readFileSync(file, 'utf8'));

const { packages: known } = readJson('docs/advisories.json');
const { packages: locked } = readJson('package-lock.json');

/** Whether a version is older; a pre-release is older than its release. */
function isOlder(version, minimum) {
  const numbers = text => text.split(/[-+]/, 1)[0].split('.').map(Number);
  const [ours, theirs] = [numbers(version), numbers(minimum)];
  const differs = ours.findIndex((part, index) => part !== theirs[index]);
  return differs < 0 ? version.includes('-') : ours[differs] < theirs[differs];
}

for (const [path, { version, name }] of Object.entries(locked)) {
  const packageName = name ?? path.split('node_modules/').at(-1);
  const { minimum, advisories } = known[packageName] ?? {};
  if (minimum !== undefined && isOlder(version, minimum)) {
    console.error(`${path} is ${version}: use ${minimum} or newer (${advisories.join(', ')})`);
    process.exitCode = 1;
  }
}
