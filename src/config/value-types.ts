import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';

/** A kind of value: what it accepts in words, and how to parse its text (undefined = refused). */
export interface ValueType<T> {
  readonly takes: string;
  readonly parse: (text: string) => T | undefined;
}

/** An environment variable; parser, messages and documents are made from it. */
export interface Variable<T = unknown> extends ValueType<T> {
  readonly name: string;
  readonly meaning: string;
  /** The default text; a function if it depends on the machine. */
  readonly default?: string | (() => string);
  /** The default in words, if it is not a text or depends on something. */
  readonly defaultInWords?: string;
  /** Its value appears in no message. */
  readonly secret?: true;
}

/** A number of requests in a span of time. */
export interface RateLimit {
  readonly count: number;
  readonly perMs: number;
}

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { kb: 1024, mb: 1024 * 1024 } as const;

/** A whole number in plain decimal digits. */
export function integer(min: number, max: number): ValueType<number> {
  return {
    takes: `a whole number from ${min} to ${max}`,
    parse: text => (/^(0|[1-9]\d{0,8})$/.test(text) ? within(Number(text), min, max) : undefined),
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): ValueType<T> {
  return {
    takes: words.join(' or '),
    parse: text => words.find(word => word === text),
  };
}

/** A span of time such as `30m`, in milliseconds. The bounds are written the same way. */
export function duration(min: string, max: string): ValueType<number> {
  return {
    takes: `a number and s, m, h or d, from ${min} to ${max}`,
    parse: text => within(scaled(text, MS), scaled(min, MS), scaled(max, MS)),
  };
}

/** A size such as `64kb`, in bytes (1 kb = 1024). The bounds are written the same way. */
export function size(min: string, max: string): ValueType<number> {
  return {
    takes: `a number and kb or mb, from ${min} to ${max}`,
    parse: text => within(scaled(text, BYTES), scaled(min, BYTES), scaled(max, BYTES)),
  };
}

export const rateLimit: ValueType<RateLimit | 'off'> = {
  takes: 'a number, a slash and s, m, h or d, such as 60/h, or off',
  parse: text => {
    const match = /^([1-9]\d{0,6})\/([smhd])$/.exec(text);
    if (match) {
      return Object.freeze({ count: Number(match[1]), perMs: MS[match[2] as keyof typeof MS] });
    }
    return text === 'off' ? 'off' : undefined;
  },
};

/** A path, made absolute from the working directory; `~/` is the home directory, as in a shell. */
export const path: ValueType<string> = {
  takes: 'a path',
  parse: text => (/\0|^~[^/]/.test(text) ? undefined : resolve(text.replace(/^~/, homedir))),
};

export const host: ValueType<string> = {
  takes: 'an IP address or a host name',
  parse: text => (isIP(text) !== 0 || isHostName(text) ? text : undefined),
};

/** Where the data is: `sqlite:` and an absolute path, `sqlite::memory:`, or a `postgres://` address. */
export const databaseUrl: ValueType<string> = {
  takes: 'sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST:PORT/DATABASE',
  parse: text => {
    if (text === 'sqlite::memory:') {
      return text;
    }
    if (text.startsWith('sqlite:')) {
      return sqliteUrl(text.slice('sqlite:'.length));
    }
    return /^postgres(ql)?:\/\//.test(text) ? postgresUrl(text) : undefined;
  },
};

/** Addresses and CIDR ranges. A range of everything is refused: it would let any client choose its address. */
export const networks: ValueType<readonly string[]> = {
  takes:
    'IP addresses or CIDR ranges, separated by commas, such as 10.0.0.0/8,::1 (never true, a number or /0)',
  parse: text => list(text, isNetwork),
};

export const origins: ValueType<readonly string[]> = {
  takes:
    'origins, separated by commas, such as https://app.example.org (no path, no wildcard, as a browser sends it)',
  parse: text => list(text, isOrigin),
};

/** The address of a website or of a path on it, without the slash at its end. */
export const baseUrl: ValueType<string> = {
  takes: 'an http or https address without a query, such as https://example.org/library',
  parse: text => {
    const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    const isBare = url && !/[?#\s<>"]/.test(text) && url.username === '' && url.password === '';
    return isBare ? url.href.replace(/\/+$/, '') : undefined;
  },
};

/** A rough check of a user's name; the users feature checks it in full when it creates the admin. */
export const userName: ValueType<string> = {
  takes: '1 to 50 characters without a colon',
  parse: text => (text.length <= 200 && /^[^:\p{C}]{1,50}$/u.test(text) ? text : undefined),
};

export const word: ValueType<string> = {
  takes: 'a word such as production or test',
  parse: text => (/^[\w-]{1,40}$/.test(text) ? text : undefined),
};

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** NaN, which no range contains, if the text is not a number with a unit. */
function scaled(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^(0|[1-9]\d{0,8})([a-z]{1,2})$/.exec(text);
  return match && Object.hasOwn(units, match[2]) ? Number(match[1]) * units[match[2]] : NaN;
}

function list(text: string, accepts: (item: string) => boolean): readonly string[] | undefined {
  const items = text.split(',').map(item => item.trim());
  return items.every(accepts) ? Object.freeze([...new Set(items)]) : undefined;
}

function isHostName(text: string): boolean {
  const labels = text.split('.');
  return (
    text.length <= 253 &&
    labels.every(label => /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(label)) &&
    // A name that ends in a number is a mistyped IPv4 address.
    !/^\d+$/.test(labels[labels.length - 1])
  );
}

function isNetwork(text: string): boolean {
  const range = text.includes('/') ? text : `${text}/32`;
  const isRange = ipaddr.IPv4.isValidCIDRFourPartDecimal(range) || ipaddr.IPv6.isValidCIDR(range);
  return isRange && !/%|\/0/.test(range);
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function sqliteUrl(file: string): string | undefined {
  // Not sqlite://relative, a misspelt :memory: or URI parameters, which the driver would use as a file name.
  const plain = /^(?!\/\/[^/]|file:|:)[^?#\0]*[^?#\0/]$/.test(file);
  const absolute = plain ? path.parse(file) : undefined;
  return absolute && `sqlite:${absolute}`;
}

function postgresUrl(text: string): string | undefined {
  const url = text.replace(/^postgresql:/, 'postgres:');
  // A raw # in a password would cut the address off and send the rest of it nowhere.
  if (!URL.canParse(url) || /[#\s]/.test(url)) {
    return undefined;
  }
  const { username, password, pathname } = new URL(url);
  try {
    [username, password, pathname].forEach(decodeURIComponent);
    return url;
  } catch {
    return undefined;
  }
}
