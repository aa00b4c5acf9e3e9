import { availableParallelism } from 'node:os';
import { QUOTAS } from './quotas.js';
import { secret } from './secret.js';
import {
  baseUrl,
  databaseUrl,
  duration,
  host,
  integer,
  networks,
  oneOf,
  origins,
  path,
  rateLimit,
  size,
  userName,
  word,
} from './value-types.js';
import type { Variable } from './value-types.js';

export type { Variable };

/** Every variable, by its name in `Config`. */
export const VARIABLES = {
  host: { name: 'HOST', default: '127.0.0.1', meaning: 'address to listen on', ...host },
  port: {
    name: 'PORT',
    default: '3000',
    meaning: 'port to listen on; 0 picks a free one and prints it',
    ...integer(0, 65535),
  },
  dataDir: {
    name: 'DATA_DIR',
    default: './data',
    meaning: 'directory for the SQLite file library.db and the generated secret.key',
    ...path,
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    defaultInWords: 'library.db in DATA_DIR',
    meaning: 'database to use',
    secret: true,
    ...databaseUrl,
  },
  databasePasswordFile: {
    name: 'DATABASE_PASSWORD_FILE',
    defaultInWords: 'none',
    meaning: 'file with the password of the user in DATABASE_URL',
    ...path,
  },
  secretKey: {
    name: 'SECRET_KEY',
    defaultInWords: 'generated on SQLite (secret.key in DATA_DIR), required on PostgreSQL',
    meaning:
      'encrypts the signing keys and the password pepper in the database, which all replicas share',
    secret: true,
    ...secret,
  },
  secretKeyFile: {
    name: 'SECRET_KEY_FILE',
    defaultInWords: 'none',
    meaning: 'file with the SECRET_KEY, instead of SECRET_KEY',
    ...path,
  },
  secretKeyPrevious: {
    name: 'SECRET_KEY_PREVIOUS',
    defaultInWords: 'none',
    meaning: 'the old SECRET_KEY, while you change it',
    secret: true,
    ...secret,
  },
  jwtAlgorithm: {
    name: 'JWT_ALGORITHM',
    default: 'HS256',
    meaning: 'algorithm of new signing keys; old keys verify until their last token expires',
    ...oneOf('HS256', 'ES256'),
  },
  accessTokenTtl: {
    name: 'ACCESS_TOKEN_TTL',
    default: '30m',
    meaning: 'lifetime of an access token',
    ...duration('1s', '1d'),
  },
  refreshTokenTtl: {
    name: 'REFRESH_TOKEN_TTL',
    default: '30d',
    meaning: 'lifetime of a refresh token',
    ...duration('1s', '400d'),
  },
  sessionMaxAge: {
    name: 'SESSION_MAX_AGE',
    default: '90d',
    meaning: 'longest lifetime of a session, even if refreshed',
    ...duration('1s', '400d'),
  },
  bcryptCost: {
    name: 'BCRYPT_COST',
    default: '12',
    meaning: 'cost of a password hash; below 10 only with NODE_ENV=test',
    ...integer(4, 15),
    takes: 'a whole number from 10 to 15 (from 4 with NODE_ENV=test)',
  },
  hashThreads: {
    name: 'HASH_THREADS',
    default: () => String(Math.min(64, Math.max(1, Math.floor(availableParallelism() / 2)))),
    defaultInWords: 'half the cores, at least 1',
    meaning: 'number of threads that hash passwords',
    ...integer(1, 64),
  },
  registration: {
    name: 'REGISTRATION',
    default: 'open',
    meaning: 'closed: only admins and the command line can add users',
    ...oneOf('open', 'closed'),
  },
  passwordMinLength: {
    name: 'PASSWORD_MIN_LENGTH',
    default: '8',
    meaning: 'minimum length of a new password',
    ...integer(8, 128),
  },
  registerLimit: {
    name: 'REGISTER_LIMIT',
    default: '60/h',
    meaning: 'registrations allowed from one network',
    ...rateLimit,
  },
  trustProxy: {
    name: 'TRUST_PROXY',
    defaultInWords: 'none',
    meaning: 'proxies whose X-Forwarded fields the server trusts',
    ...networks,
  },
  corsOrigins: {
    name: 'CORS_ORIGINS',
    defaultInWords: 'none',
    meaning: 'websites that may call the API from a browser',
    ...origins,
  },
  bodyLimit: {
    name: 'BODY_LIMIT',
    default: '64kb',
    meaning: 'maximum size of a JSON body',
    ...size('1kb', '10mb'),
  },
  maxConnectionsPerNetwork: {
    name: 'MAX_CONNECTIONS_PER_NETWORK',
    default: '1000',
    meaning:
      'maximum number of connections of one network (IPv4 /24, IPv6 /48) to one process; proxies in TRUST_PROXY do not count; 0 for no limit',
    ...integer(0, 1_000_000),
  },
  ...QUOTAS,
  publicUrl: {
    name: 'PUBLIC_URL',
    defaultInWords: 'none: answers have addresses without a host, such as /authors/1',
    meaning: 'address under which clients reach the product, if a proxy serves it below a path',
    ...baseUrl,
  },
  webConcurrency: {
    name: 'WEB_CONCURRENCY',
    default: '1',
    meaning: 'number of server processes on this machine',
    ...integer(1, 128),
  },
  adminName: {
    name: 'ADMIN_NAME',
    defaultInWords: 'none',
    meaning: 'creates the first admin, only while there is none; needs ADMIN_PASSWORD_FILE',
    ...userName,
  },
  adminPasswordFile: {
    name: 'ADMIN_PASSWORD_FILE',
    defaultInWords: 'none',
    meaning: 'file with the password of ADMIN_NAME',
    ...path,
  },
  databasePool: {
    name: 'DATABASE_POOL',
    default: '10',
    meaning: 'PostgreSQL connections per process',
    ...integer(1, 1000),
  },
  databasePooler: {
    name: 'DATABASE_POOLER',
    defaultInWords: 'found out at the first connection',
    meaning: 'transaction: a pooler in transaction mode, such as PgBouncer, is before PostgreSQL',
    ...oneOf('transaction'),
  },
  auditRetention: {
    name: 'AUDIT_RETENTION',
    default: '90d',
    meaning: 'how long to keep security events',
    ...duration('1s', '3650d'),
  },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    meaning: 'minimum log level',
    ...oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  },
  logFormat: {
    name: 'LOG_FORMAT',
    default: () => (process.stdout.isTTY ? 'pretty' : 'json'),
    defaultInWords: 'json, pretty on a terminal',
    meaning: 'one JSON object per line, or readable text',
    ...oneOf('json', 'pretty'),
  },
  shutdownTimeout: {
    name: 'SHUTDOWN_TIMEOUT',
    default: '10s',
    meaning: 'how long SIGTERM waits for requests in flight',
    ...duration('1s', '10m'),
  },
  sqliteSynchronous: {
    name: 'SQLITE_SYNCHRONOUS',
    default: 'FULL',
    meaning: 'NORMAL: faster writes, but a power loss can lose the last ones, never the file',
    ...oneOf('FULL', 'NORMAL'),
  },
  nodeEnv: {
    name: 'NODE_ENV',
    default: 'production',
    meaning: 'test allows settings that are unsafe in production',
    ...word,
  },
} as const satisfies Record<string, Variable>;
