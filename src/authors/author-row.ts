/** What an owner writes of a record. */
export interface AuthorFields {
  name: string;
  book: string;
  country: string;
  bookerPrize: boolean;
}

/** A row of `authors` without what only the database needs. */
export interface AuthorRow extends AuthorFields {
  id: number;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

/** A row as the database gives it. */
export interface RawAuthor {
  id: number;
  name: string;
  book: string;
  country: string;
  booker_prize: unknown;
  version: number;
  created_at: number;
  updated_at: number;
}

export function toAuthor(row: RawAuthor): AuthorRow {
  return {
    id: row.id,
    name: row.name,
    book: row.book,
    country: row.country,
    bookerPrize: Boolean(row.booker_prize),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
