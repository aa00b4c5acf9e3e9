import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import { readSecretFile, secret } from './secret.js';
import { RULES } from './rules.js';
import type { RateLimit } from './value-types.js';
import { VARIABLES } from './variables.js';
import type { Settings, Variable } from './variables.js';
import { withoutPassword } from './without-password.js';

export { ConfigError } from './config-error.js';

/** The texts of the variables by name. */
type Texts = Readonly<Record<string, string | undefined>>;

/** The configuration: read once, checked, frozen. Times are milliseconds, sizes bytes, paths absolute. */
export type Config = Readonly<
  Omit<
    Settings,
    'secretKeyFile' | 'databaseUrl' | 'registerLimit' | 'trustProxy' | 'corsOrigins'
  > & {
    /** `sqlite:/absolute/file`, `sqlite::memory:` or `postgres://…` (which may hold a password). */
    databaseUrl: string;
    /** Undefined if registration is not limited. */
    registerLimit: RateLimit | undefined;
    trustProxy: readonly string[];
    corsOrigins: readonly string[];
  }
>;

/**
 * Reads the configuration from the environment and, for variables that are not set there, from `file` if it exists
 * (relative paths start at the working directory). An empty variable counts as not set.
 * @throws ConfigError for the first wrong value.
 */
export function loadConfig(env: Texts = process.env, file = '.env'): Config {
  const texts = { ...readEnvFile(file), ...env };
  const settings = readSettings(texts);
  checkTogether(settings, texts);
  const { secretKeyFile, registerLimit, ...rest } = settings;
  const config: Config = {
    ...rest,
    secretKey: secretKeyFile === undefined ? rest.secretKey : keyFromFile(secretKeyFile),
    databaseUrl: rest.databaseUrl ?? `sqlite:${join(rest.dataDir, 'library.db')}`,
    registerLimit: registerLimit === 'off' ? undefined : registerLimit,
    trustProxy: rest.trustProxy ?? Object.freeze([]),
    corsOrigins: rest.corsOrigins ?? Object.freeze([]),
  };
  return Object.freeze(config);
}

function readEnvFile(file: string): Texts {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return {};
    }
    throw new ConfigError(file, `cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function readSettings(texts: Texts): Settings {
  const settings: Record<string, unknown> = {};
  for (const [member, variable] of Object.entries<Variable>(VARIABLES)) {
    const text = textOf(variable, texts);
    if (text !== undefined) {
      settings[member] = valueOf(variable, text);
    }
  }
  return settings as Settings;
}

function textOf(variable: Variable, texts: Texts): string | undefined {
  const standsFor = typeof variable.default === 'function' ? variable.default() : variable.default;
  return texts[variable.name] || standsFor;
}

function valueOf(variable: Variable, text: string): unknown {
  const value = variable.parse(text);
  if (value === undefined) {
    throw wrong(variable, variable.secret ? inLength(text) : inQuotes(text));
  }
  return value;
}

function checkTogether(settings: Settings, texts: Texts): void {
  for (const { member, broken, message, saysValue } of RULES) {
    if (broken(settings)) {
      const variable = VARIABLES[member];
      const value = saysValue ? `is ${inQuotes(textOf(variable, texts) ?? '')}: ` : '';
      throw new ConfigError(variable.name, value + message);
    }
  }
}

function keyFromFile(file: string): Buffer {
  let key: Buffer | undefined;
  try {
    key = readSecretFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrong(VARIABLES.secretKeyFile, `${inQuotes(file)}, which cannot be read (${code})`);
  }
  if (!key) {
    const { name } = VARIABLES.secretKeyFile;
    throw new ConfigError(
      name,
      `is ${inQuotes(file)}, whose content is refused: it takes ${secret.takes}`,
    );
  }
  return key;
}

function wrong(variable: Variable, got: string): ConfigError {
  return new ConfigError(variable.name, `is ${got}: it takes ${variable.takes}`);
}

function inLength(text: string): string {
  return `a value of ${Buffer.byteLength(text)} bytes (not shown)`;
}

/** On one line, cut after 80 characters, without the password of an address. */
function inQuotes(text: string): string {
  const shown = withoutPassword(text);
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}
