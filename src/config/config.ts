import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import { readTraces } from './open-telemetry.js';
import { readSecretFile, secret } from './secret.js';
import { RULES } from './rules.js';
import { readTextFile } from './text-file.js';
import type { RateLimit } from './value-types.js';
import { VARIABLES } from './variables.js';
import type { Settings } from './settings.js';
import type { Variable } from './variables.js';
import { withoutPassword } from './without-password.js';

export { ConfigError } from './config-error.js';

/** The texts of the variables by name. */
type Texts = Readonly<Record<string, string | undefined>>;

/** The configuration: read once, checked, frozen. Times are milliseconds, sizes bytes, paths absolute. */
export type Config = Readonly<
  Omit<
    Settings,
    | 'secretKeyFile'
    | 'databasePasswordFile'
    | 'databaseUrl'
    | 'registerLimit'
    | 'trustProxy'
    | 'corsOrigins'
  > & {
    /** `sqlite:/absolute/file`, `sqlite::memory:` or `postgres://…` (which may hold a password). */
    databaseUrl: string;
    /** Undefined if registration is not limited. */
    registerLimit: RateLimit | undefined;
    trustProxy: readonly string[];
    corsOrigins: readonly string[];
    /** Whether OpenTelemetry's standard variables ask for traces. */
    traces: boolean;
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
  const { secretKeyFile, databasePasswordFile, registerLimit, ...rest } = settings;
  if (rest.adminPasswordFile !== undefined) {
    // A start that cannot make the first admin fails here, before it touches the database.
    textFromFile(VARIABLES.adminPasswordFile, rest.adminPasswordFile);
  }
  const databaseUrl = rest.databaseUrl ?? `sqlite:${join(rest.dataDir, 'library.db')}`;
  const config: Config = {
    ...rest,
    secretKey: secretKeyFile === undefined ? rest.secretKey : keyFromFile(secretKeyFile),
    databaseUrl:
      databasePasswordFile === undefined
        ? databaseUrl
        : withPassword(databaseUrl, passwordFromFile(databasePasswordFile)),
    registerLimit: registerLimit === 'off' ? undefined : registerLimit,
    trustProxy: rest.trustProxy ?? Object.freeze([]),
    corsOrigins: rest.corsOrigins ?? Object.freeze([]),
    traces: readTraces(texts),
  };
  return Object.freeze(config);
}

function readEnvFile(file: string): Texts {
  let text: string;
  try {
    text = readTextFile(file).replaceAll(/\r\n?/g, '\n');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      return {};
    }
    const reason = error instanceof TypeError ? 'it is no UTF-8 text' : code;
    throw new ConfigError(file, `cannot be read: ${reason}`);
  }
  const line = strangeLine(text);
  if (line !== undefined) {
    // The line itself may be a secret.
    throw new ConfigError(file, `line ${line} is not NAME=value`);
  }
  return parseEnv(text);
}

/** The number of the first line that is no variable, comment or blank. A quoted value may have several lines. */
function strangeLine(text: string): number | undefined {
  const variable = /(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`)?.*/;
  const line = new RegExp(`[ \\t]*(?:${variable.source}|#.*)?(?:\\n|$)`, 'y');
  for (let at = 0; at < text.length; at = line.lastIndex) {
    if (!line.test(text)) {
      return text.slice(0, at).split('\n').length;
    }
  }
  return undefined;
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
  const variable = VARIABLES.secretKeyFile;
  const key = orUnreadable(variable, file, () => readSecretFile(file));
  if (!key) {
    throw refused(variable, file, secret.takes);
  }
  return key;
}

function passwordFromFile(file: string): string {
  const password = textFromFile(VARIABLES.databasePasswordFile, file);
  if (!/^[^\0\r\n]{1,1000}$/.test(password)) {
    throw refused(VARIABLES.databasePasswordFile, file, 'a password on one line');
  }
  return password;
}

function withPassword(address: string, password: string): string {
  const url = new URL(address);
  url.password = encodeURIComponent(password);
  return url.href;
}

/** The content without the line break at its end. */
function textFromFile(variable: Variable, file: string): string {
  return orUnreadable(variable, file, () => readTextFile(file).replace(/\r?\n$/, ''));
}

function orUnreadable<T>(variable: Variable, file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof TypeError ? 'no UTF-8 text' : (error as { code?: string }).code;
    throw wrong(variable, `${inQuotes(file)}, which cannot be read (${reason})`);
  }
}

function refused({ name }: Variable, file: string, takes: string): ConfigError {
  return new ConfigError(name, `is ${inQuotes(file)}, whose content is refused: it takes ${takes}`);
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
