// Fails if package-lock.json has a package version that docs/advisories.json lists as unsafe, or if a base image is of
// a release that gets no fixes for long. Works offline.
import { existsSync, readFileSync } from 'node:fs';

const readJson = file => JSON.parse(readFileSync(file, 'utf8'));

const { packages: known, images } = readJson('docs/advisories.json');
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

/** How long before its last fix a release must be replaced. */
const NOTICE_MS = 90 * 86_400_000;

/** Of a tag such as 24-bookworm-slim, which moves to each fix of its release. */
function faultOf(image, tag) {
  const { release, until } = images[image] ?? {};
  if (release === undefined) {
    return 'add its release to docs/advisories.json';
  }
  if (tag.split('-', 1)[0] !== release) {
    return `use the release ${release}, whose tag moves to each fix`;
  }
  return Date.parse(until) - Date.now() < NOTICE_MS
    ? `use a newer release: ${until} is its end`
    : undefined;
}

for (const file of ['Dockerfile', 'compose.yaml'].filter(name => existsSync(name))) {
  for (const [, image, tag] of readFileSync(file, 'utf8').matchAll(
    /^(?:ARG \w+=|\s+image: +)([\w/.-]+):(\S+)/gm,
  )) {
    const fault = faultOf(image, tag);
    if (fault !== undefined) {
      console.error(`${file}: ${image}:${tag}: ${fault}`);
      process.exitCode = 1;
    }
  }
}
