// Keeps a copy of your authors in step; docs/mirror.md explains each step.
// `node examples/mirror.mjs http://localhost:3000 TOKEN copy.json`, as often as you like.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** How late a change can appear among other changes, with room for clocks that differ. */
const OVERLAP_MS = 15 * 60_000;

/** Reads what has changed since the last time into `copy`, and returns how many records that were. */
export async function update(api, copy, overlapMs = OVERLAP_MS) {
  const [newest] = (await page(api, { sort: '-updated_at', limit: 1 })).list_of_authors;
  const since = copy.newest && new Date(Date.parse(copy.newest) - overlapMs).toISOString();
  let changes = 0;
  for await (const record of walk(api, {
    sort: 'updated_at',
    ...(since && { 'updated_at.gte': since }),
  })) {
    if (!(copy.records[record.id]?.version >= record.version)) {
      copy.records[record.id] = record;
      changes += 1;
    }
  }
  // The newest from before the walk, because a long walk misses changes that appear behind it.
  copy.newest = newest?.updated_at ?? copy.newest;
  return changes;
}

/** Removes from `copy` what has been deleted, and returns how many records that were. */
export async function compare(api, copy) {
  const left = new Set();
  for await (const { id } of walk(api, { sort: 'id', fields: 'id' })) {
    left.add(String(id));
  }
  const deleted = Object.keys(copy.records).filter(id => !left.has(id));
  deleted.forEach(id => delete copy.records[id]);
  return deleted.length;
}

async function* walk(api, query) {
  let cursor;
  do {
    const { list_of_authors, next_cursor } = await page(api, {
      ...query,
      limit: 500,
      ...(cursor && { cursor }),
    });
    yield* list_of_authors;
    cursor = next_cursor;
  } while (cursor !== null);
}

async function page({ url, token }, query) {
  const response = await fetch(`${url}/authors?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
  return response.json();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url, token, file] = process.argv.slice(2);
  let copy = { records: {} };
  try {
    copy = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') {
      throw error;
    }
  }
  const changes = await update({ url, token }, copy);
  const deleted = await compare({ url, token }, copy);
  writeFileSync(file, JSON.stringify(copy));
  process.stdout.write(`${changes} changed, ${deleted} deleted\n`);
}
