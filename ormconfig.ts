import 'reflect-metadata';
import { loadConfig } from '#dist/config/config.js';
import { createDataSource } from '#dist/database/data-source.js';

const { databaseUrl: url, databasePool: pool, sqliteSynchronous: synchronous } = loadConfig();

/** The product's own DataSource, for TypeORM's command line: `npm run typeorm -- migration:show`. */
export default createDataSource({ url, pool, synchronous });
