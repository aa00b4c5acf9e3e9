import { integer, size } from './value-types.js';
import type { Variable } from './value-types.js';

/** What one user may store or do at the same time. An answer that refuses more names the variable and its value. */
export const QUOTAS = {
  maxRecordsPerUser: {
    name: 'MAX_RECORDS_PER_USER',
    default: '5000000',
    meaning: 'maximum number of records of one user; 0 for no limit',
    ...integer(0, 999_999_999),
  },
  maxIdempotencyKeysPerUser: {
    name: 'MAX_IDEMPOTENCY_KEYS_PER_USER',
    default: '100000',
    meaning: 'maximum number of answers kept for one user for 24 hours; 0 for no limit',
    ...integer(0, 999_999_999),
  },
  maxImportSize: {
    name: 'MAX_IMPORT_SIZE',
    default: '1024mb',
    meaning: 'maximum size of an imported file',
    ...size('1kb', '1048576mb'),
  },
  maxImportTempSize: {
    name: 'MAX_IMPORT_TEMP_SIZE',
    default: '4096mb',
    meaning: 'maximum temporary disk space of an import; a file needs 3 to 7 times its size',
    ...size('1kb', '1048576mb'),
  },
  maxImportsPerUser: {
    name: 'MAX_IMPORTS_PER_USER',
    default: '1',
    meaning: 'imports of one user at the same time; one more waits',
    ...integer(1, 100),
  },
  maxExportsPerUser: {
    name: 'MAX_EXPORTS_PER_USER',
    default: '2',
    meaning: 'exports of one user at the same time',
    ...integer(1, 100),
  },
  maxSessionsPerUser: {
    name: 'MAX_SESSIONS_PER_USER',
    default: '100',
    meaning: 'maximum number of sessions of one user; one more login ends the oldest',
    ...integer(1, 1000),
  },
  maxTokensPerUser: {
    name: 'MAX_TOKENS_PER_USER',
    default: '100',
    meaning: 'maximum number of personal access tokens of one user',
    ...integer(1, 1000),
  },
  maxEventsPerUser: {
    name: 'MAX_EVENTS_PER_USER',
    default: '100000',
    meaning: 'maximum number of security events by one user within AUDIT_RETENTION; 0 for no limit',
    ...integer(0, 999_999_999),
  },
} as const satisfies Record<string, Variable>;
