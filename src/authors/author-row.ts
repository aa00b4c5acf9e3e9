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
