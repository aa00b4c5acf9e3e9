import { createRequire } from 'node:module';
import type SQLite from 'better-sqlite3';
import { DatabaseStartError } from './database-errors.js';

const hasNodeApi10 = Number(process.versions.napi) >= 10;

/** Version 13, which needs Node-API 10 (Node 22.14), or version 12 for Node 20 (ADR 2). */
export const DRIVER_PACKAGE = hasNodeApi10 ? 'better-sqlite3-napi' : 'better-sqlite3';

/** Both are optional packages: npm goes on without one that it cannot install. */
class MissingDriver {
  constructor() {
    const command = hasNodeApi10 ? 'npm install --ignore-scripts' : 'npm install';
    const needed = hasNodeApi10 ? '' : ' and a C++ compiler';
    throw new DatabaseStartError(
      `SQLite needs the package ${DRIVER_PACKAGE}: run ${command} with Node ${process.versions.node}${needed}`,
    );
  }
}

/** The class of better-sqlite3. Without its package the constructor throws DatabaseStartError. */
export const Driver = loadDriver() as typeof SQLite;

function loadDriver(): unknown {
  try {
    return createRequire(import.meta.url)(DRIVER_PACKAGE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
      return MissingDriver;
    }
    throw error;
  }
}
