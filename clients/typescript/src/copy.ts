import type { Author, Client } from './types.js';

/** Where a copy keeps its records: a `Map`, or an adapter of a database. */
export interface Records {
  get(id: number): Author | undefined | Promise<Author | undefined>;
  set(id: number, record: Author): unknown;
  delete(id: number): unknown;
  keys(): Iterable<number> | AsyncIterable<number>;
}

/** A copy of your authors. Keep `newest` with its records. */
export interface Copy {
  /** The `updated_at` from which the next update continues. */
  newest?: string;
  records: Records;
}

export interface CopyOptions {
  /** How late a change can appear among others, in milliseconds; docs/mirror.md says why it is 15 minutes. */
  overlap?: number;
  signal?: AbortSignal;
}

/** Reads what has changed since the last update into `copy`, and returns how many records that were. */
export async function updateCopy(
  client: Client,
  copy: Copy,
  { overlap = 15 * 60_000, signal }: CopyOptions = {},
): Promise<number> {
  const latest = await client.listAuthors({ query: { sort: '-updated_at', limit: 1 }, signal });
  const [newest] = latest.data.list_of_authors;
  const since = copy.newest && new Date(Date.parse(copy.newest) - overlap).toISOString();
  let changes = 0;
  for await (const record of client.listAuthors({
    query: { sort: 'updated_at', limit: 500, 'updated_at.gte': since },
    signal,
  })) {
    const known = await copy.records.get(record.id);
    if (known === undefined || known.version < record.version) {
      await copy.records.set(record.id, record);
      changes += 1;
    }
  }
  // A long walk misses changes that appear behind it, so the newest is from before the walk.
  copy.newest = newest?.updated_at ?? copy.newest;
  return changes;
}

/** Removes from `copy` what has been deleted, and returns how many records that were. Update it first. */
export async function compareCopy(
  client: Client,
  copy: Copy,
  { signal }: Pick<CopyOptions, 'signal'> = {},
): Promise<number> {
  const left = new Set<number | undefined>();
  for await (const { id } of client.listAuthors({
    query: { sort: 'id', fields: 'id', limit: 500 },
    signal,
  })) {
    left.add(id);
  }
  let deleted = 0;
  for await (const id of copy.records.keys()) {
    if (!left.has(id)) {
      await copy.records.delete(id);
      deleted += 1;
    }
  }
  return deleted;
}
