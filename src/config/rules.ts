import { secret } from './secret.js';
import { VARIABLES } from './variables.js';
import type { Settings } from './settings.js';

/** A rule across several variables; the message continues after the name of the variable to change. */
export interface Rule {
  readonly member: keyof Settings;
  readonly broken: (settings: Settings) => boolean;
  readonly message: string;
  /** Whether the message starts with the value; never for a secret. */
  readonly saysValue?: true;
}

export const RULES: readonly Rule[] = [
  {
    member: 'secretKey',
    broken: s => s.secretKey !== undefined && s.secretKeyFile !== undefined,
    message: 'and SECRET_KEY_FILE are both set: set one of them',
  },
  {
    member: 'secretKey',
    broken: s => isPostgres(s) && s.secretKey === undefined && s.secretKeyFile === undefined,
    message: `is not set: PostgreSQL needs it or SECRET_KEY_FILE, the same for all replicas, ${secret.takes}`,
  },
  {
    member: 'databasePasswordFile',
    broken: s => s.databasePasswordFile !== undefined && passwordIn(s.databaseUrl) !== '',
    message: 'takes a DATABASE_URL of PostgreSQL with a user and without a password',
  },
  {
    member: 'bcryptCost',
    broken: s => s.bcryptCost < 10 && s.nodeEnv !== 'test',
    message: `it takes ${VARIABLES.bcryptCost.takes}`,
    saysValue: true,
  },
  {
    member: 'refreshTokenTtl',
    broken: s => s.refreshTokenTtl < s.accessTokenTtl,
    message: 'it takes the same as ACCESS_TOKEN_TTL or longer',
    saysValue: true,
  },
  {
    member: 'sessionMaxAge',
    broken: s => s.sessionMaxAge < s.refreshTokenTtl,
    message: 'it takes the same as REFRESH_TOKEN_TTL or longer',
    saysValue: true,
  },
  {
    member: 'adminName',
    broken: s => s.adminName !== undefined && s.adminPasswordFile === undefined,
    message: 'is set without ADMIN_PASSWORD_FILE: set both or neither',
  },
  {
    member: 'adminPasswordFile',
    broken: s => s.adminPasswordFile !== undefined && s.adminName === undefined,
    message: 'is set without ADMIN_NAME: set both or neither',
  },
  {
    member: 'webConcurrency',
    broken: s => s.webConcurrency > 1 && s.databaseUrl === 'sqlite::memory:',
    message: 'it takes 1 with sqlite::memory:, which processes cannot share',
    saysValue: true,
  },
];

/** Undefined if no user can have a password there. */
function passwordIn(url = ''): string | undefined {
  const parsed = url.startsWith('postgres:') ? new URL(url) : undefined;
  return parsed && parsed.username !== '' ? parsed.password : undefined;
}

function isPostgres(settings: Settings): boolean {
  return settings.databaseUrl?.startsWith('postgres:') ?? false;
}
