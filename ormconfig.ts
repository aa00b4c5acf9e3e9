import 'reflect-metadata';
import { loadConfig } from '#dist/config/config.js';
import { createDataSource } from '#dist/database/data-source.js';

const config = loadConfig();
const { databaseUrl: url, databasePool: pool, databasePooler: pooler } = config;
const { sqliteSynchronous: synchronous } = config;

/** The product's own DataSource, for TypeORM's command line: `npm run typeorm -- migration:show`. */
export default createDataSource({ url, pool, pooler, synchronous });
