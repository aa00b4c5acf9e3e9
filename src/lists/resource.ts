import { firstFault } from '../http/text.js';
import type { TextRange } from '../http/text.js';
import { rfc3339 } from '../http/time.js';
import { sortKey } from '../text/fold.js';
import { recordWords } from '../text/search-words.js';

export type Value = string | number | boolean;

interface Uses {
  /** Lists sort and filter by it, so it needs an index on owner, column (`sortedBy`, if given) and id. */
  listed?: true;
  description?: string;
  example?: Value;
}

interface Writable extends Uses {
  /** Clients write it. Members without this are read-only: accepted in a body and ignored. */
  written?: true;
  /** What a body without it means. A written member without a default is required. */
  default?: Value;
}

/**
 * Trimmed before its length is counted; `q` finds the words of what is `searched`. `sortedBy` names the column with its
 * folded form, so that lists sort without case and accents.
 */
type Text = Writable & TextRange & { type: 'text'; searched?: true; sortedBy?: string };
type Integer = Writable & { type: 'integer'; min: number; max?: number };

/** If `ranged`, lists also filter by `NAME.gte` and `NAME.lt`. */
type Time = Uses & { type: 'time'; ranged?: true };

/** A member of a resource's records, stored in a column of the same name. */
export type Member = Text | Integer | (Writable & { type: 'boolean' }) | Time;

export type Members = Readonly<Record<string, Member>>;

/** A row as the database returns it: times in epoch milliseconds, booleans on SQLite as 0 and 1. */
export type RowOf<M extends Members> = {
  [K in keyof M]: { text: string; integer: number; boolean: Value; time: number }[M[K]['type']];
};

/** A record as its owner sees it. */
export type RecordOf<M extends Members> = {
  [K in keyof M]: { text: string; integer: number; boolean: boolean; time: string }[M[K]['type']];
};

/** The part of a record that clients write. */
export type WrittenOf<M extends Members> = Pick<
  RecordOf<M>,
  { [K in keyof M]: M[K] extends { written: true } ? K : never }[keyof M]
>;

/**
 * A table and its members. The rules of requests, the list and its statements, the columns of files and the OpenAPI
 * document are made from it. The table also has `owner_id`, and `words` if a member is searched.
 */
export class Resource<const M extends Members = Members> {
  readonly names: readonly string[];
  readonly written: readonly string[];
  readonly listed: readonly string[];
  readonly searched: readonly string[];
  /** The members that a client must write. */
  readonly required: readonly string[];
  /** For SELECT and RETURNING. */
  readonly columns: string;
  /** The columns with the folded forms of texts. */
  readonly sortColumns: readonly string[];
  readonly #sorted: readonly string[];
  readonly #entries: readonly (readonly [string, Member])[];

  constructor(
    readonly table: string,
    readonly members: M,
  ) {
    this.#entries = Object.entries(members);
    this.names = Object.keys(members);
    this.written = this.#having('written');
    this.listed = this.#having('listed');
    this.searched = this.#having('searched');
    this.required = this.written.filter(name => !('default' in members[name]));
    this.columns = this.names.join(', ');
    this.#sorted = this.#having('sortedBy');
    this.sortColumns = this.#sorted.map(name => this.orderOf(name));
  }

  toRecord(row: RowOf<M>): RecordOf<M> {
    const record: Record<string, unknown> = {};
    for (const [name, { type }] of this.#entries) {
      const value = row[name];
      record[name] =
        type === 'time' ? rfc3339(Number(value)) : type === 'boolean' ? Boolean(value) : value;
    }
    return record as RecordOf<M>;
  }

  /** The written members of a valid body, texts trimmed, with the defaults of those that are missing. */
  toWritten(body: object): WrittenOf<M> {
    const fields: Record<string, unknown> = {};
    for (const name of this.written) {
      const value = (body as Record<string, unknown>)[name];
      fields[name] = trimmed(value) ?? (this.members[name] as Writable).default;
    }
    return fields as WrittenOf<M>;
  }

  /** What is wrong with a record that a client sends: names the first field at fault. */
  recordFault(record: Readonly<Record<string, unknown>>): string | undefined {
    for (const name in record) {
      if (!Object.hasOwn(this.members, name)) {
        return `${JSON.stringify(name.slice(0, 50))} is not known`;
      }
    }
    for (const name of this.written) {
      const fault = memberFault(this.members[name], record[name]);
      if (fault !== undefined) {
        return `${name} ${fault}`;
      }
    }
    return undefined;
  }

  /** The column that orders a member. */
  orderOf(name: string): string {
    const member: Member = this.members[name];
    return 'sortedBy' in member ? (member.sortedBy ?? name) : name;
  }

  /** The values of `sortColumns`. */
  sortKeys(record: object): string[] {
    const texts = record as Record<string, string>;
    return this.#sorted.map(name => sortKey(texts[name]));
  }

  /** What `q` finds a record by, for the column `words`. */
  words(ownerId: number, record: object): string {
    const texts = this.searched.map(name => (record as Record<string, string>)[name]);
    return recordWords(ownerId, texts.join(' '));
  }

  /** The type of a column of this table; those that are no members are texts. */
  columnType(name: string): 'text' | 'bigint' | 'boolean' {
    const type = this.members[name]?.type ?? 'text';
    return type === 'text' || type === 'boolean' ? type : 'bigint';
  }

  #having(use: 'written' | 'listed' | 'searched' | 'sortedBy'): string[] {
    return this.#entries.filter(([, member]) => use in member).map(([name]) => name);
  }
}

/** Without white space at both ends, as Unicode and JavaScript define it, if it is a text. */
function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}

/** What is wrong with a value for a written member. */
export function memberFault(member: Member, value: unknown): string | undefined {
  if ('default' in member && (value === undefined || value === null)) {
    return undefined;
  }
  switch (member.type) {
    case 'text':
      return firstFault(trimmed(value), member);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'integer': {
      const { min, max = Number.MAX_SAFE_INTEGER } = member;
      const isInRange = Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
      return isInRange ? undefined : `must be an integer from ${min} to ${max}`;
    }
    case 'time':
      return 'is read-only';
  }
}
