import { rfc3339 } from '../http/time.js';
import type { AuthorResponse } from './authors.dto.js';
import type { AuthorRow } from './author-row.js';

/** A record as its owner is shown it, each member by name. */
export function toResponse(row: AuthorRow): AuthorResponse {
  const createdAt = rfc3339(row.createdAt);
  return {
    id: row.id,
    name: row.name,
    book: row.book,
    country: row.country,
    booker_prize: row.bookerPrize,
    version: row.version,
    created_at: createdAt,
    updated_at: row.updatedAt === row.createdAt ? createdAt : rfc3339(row.updatedAt),
  };
}
