import type { EntityMetadata } from 'typeorm';
import { createDataSource } from '../data-source.js';
import type { Schema } from '../data-source.js';

/** The types of our columns, which hold the same values on every database. */
const KINDS = ['bigint', 'text', 'boolean'] as const;
export type ColumnKind = (typeof KINDS)[number];

export interface CopiedColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface CopiedTable {
  readonly name: string;
  readonly columns: readonly CopiedColumn[];
  /** The primary key; rows are read and compared in its order. */
  readonly key: readonly CopiedColumn[];
  /** The column with generated ids, if any. */
  readonly counted?: string;
}

/** The tables of every entity; a table comes after those that it refers to. */
export async function copiedTables(schema?: Schema): Promise<CopiedTable[]> {
  // The entities are the same on every database, and a database in memory is free.
  const dataSource = createDataSource({ url: 'sqlite::memory:' }, schema);
  await dataSource.initialize();
  try {
    return parentsFirst(dataSource.entityMetadatas).map(toTable);
  } finally {
    await dataSource.destroy();
  }
}

function parentsFirst(entities: readonly EntityMetadata[]): EntityMetadata[] {
  const ordered = new Set<EntityMetadata>();
  const visit = (entity: EntityMetadata, below: readonly EntityMetadata[]): void => {
    if (below.includes(entity)) {
      throw new Error(`the table ${entity.tableName} refers to itself: no order fits it`);
    }
    for (const { referencedEntityMetadata } of entity.foreignKeys) {
      visit(referencedEntityMetadata, [...below, entity]);
    }
    ordered.add(entity);
  };
  for (const entity of entities) {
    visit(entity, []);
  }
  return [...ordered];
}

function toTable(entity: EntityMetadata): CopiedTable {
  const columns = new Map(entity.columns.map(column => [column, toColumn(column)]));
  return {
    name: entity.tableName,
    columns: [...columns.values()],
    key: entity.primaryColumns.map(column => columns.get(column)!),
    counted: entity.generatedColumns.find(column => column.generationStrategy === 'increment')
      ?.databaseName,
  };
}

function toColumn({ databaseName: name, type }: EntityMetadata['columns'][number]): CopiedColumn {
  const kind = KINDS.find(known => known === type);
  if (kind === undefined) {
    throw new Error(`the column ${name} is of the type ${String(type)}, which is not copied yet`);
  }
  return { name, kind };
}
