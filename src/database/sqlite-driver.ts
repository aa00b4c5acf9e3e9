import { createRequire } from 'node:module';
import type SQLite from 'better-sqlite3';

/**
 * better-sqlite3: version 13, which uses Node-API, on Node 22 and newer; version 12, which Node 24.19 and newer abort,
 * on Node 20 (ADR 2).
 */
export const Driver = createRequire(import.meta.url)(
  Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3',
) as typeof SQLite;
