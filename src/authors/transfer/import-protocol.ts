import type { Param } from '../../database/database.types.js';
import type { Faults, OnConflict, Progress, StagedRow, StageOptions } from './import-stage.js';
import type { Stored } from './sqlite-import.js';

/** What the thread of an import is started with. */
export interface ThreadOptions extends StageOptions {
  onConflict: OnConflict;
  /** The SQLite file that it stores into itself; absent where the main thread stores. */
  file?: string;
  /** SQLite's `synchronous`, as the main thread has it. */
  synchronous?: number;
}

/** What the main thread can ask of it, one after the other. */
export interface ImportThreadCalls {
  read(chunk: Uint8Array): Progress;
  finish(): Progress;
  progress(): Progress;
  faults(): Faults;
  addConflicts(lines: readonly number[]): void;
  rows(afterLine: number, limit: number): StagedRow[];
  forget(upToLine: number): number;
  slice(limit: number): Stored;
  begin(): void;
  storeAll(): Stored;
  run(sql: string, params: readonly Param[]): number;
  commit(): void;
  rollback(): void;
  /** Moves what was committed from the log into the file, while others write. */
  checkpoint(): void;
}

export interface Call {
  name: keyof ImportThreadCalls;
  args: unknown[];
}

/** Errors lose their class on the way between threads; the code of SQLite's is kept. */
export type Reply = { value: unknown } | { error: { message: string; code?: string } };
