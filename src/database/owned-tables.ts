import type { DataSource } from 'typeorm';

/** A table whose rows belong to a row of another. */
export interface OwnedTable {
  readonly name: string;
  /** Its primary key, for SQL. */
  readonly key: string;
  /** The column that names the owner. */
  readonly owner: string;
}

/** The tables with a foreign key to `parent`, from the entities: a new table needs no line here. */
export function ownedTables({ entityMetadatas }: DataSource, parent: string): OwnedTable[] {
  return entityMetadatas.flatMap(({ tableName, primaryColumns, foreignKeys }) =>
    foreignKeys
      .filter(({ referencedEntityMetadata }) => referencedEntityMetadata.tableName === parent)
      .map(({ columnNames: [owner] }) => ({
        name: tableName,
        key: primaryColumns.map(({ databaseName }) => databaseName).join(', '),
        owner,
      })),
  );
}
