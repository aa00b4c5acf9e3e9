/** Fields whose values are never logged, at any depth of an object. */
export const SECRET_MEMBERS = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-access-tokens',
  'x-device-token',
  'x-login-ticket',
  'idempotency-key',
  'password',
  'new_password',
  'newPassword',
  'current_password',
  'currentPassword',
  'password_hash',
  'passwordHash',
  'token',
  'refresh_token',
  'refreshToken',
  'device_token',
  'deviceToken',
  'secret',
  'secretKey',
  'ticket',
  'code',
] as const;

export const REDACTED = '[redacted]';

const SECRET = new Set<string>(SECRET_MEMBERS);
const MAX_DEPTH = 6;

/**
 * The part of an object that may be logged: plain data without secrets. Of an error its type, message, code, stack and
 * cause, because drivers attach statements with their parameters. Of any other object the name of its class.
 */
export function logData(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return members(object, 0);
}

function members(object: object, depth: number): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    data[name] =
      SECRET.has(name) || SECRET.has(name.toLowerCase()) ? REDACTED : plain(value, depth);
  }
  return data;
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) {
    return value;
  }
  if (depth === MAX_DEPTH) {
    return '[…]';
  }
  if (value instanceof Error) {
    return errorMembers(value, depth + 1);
  }
  if (Array.isArray(value)) {
    return value.map(item => plain(item, depth + 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return members(value, depth + 1);
  }
  return `[${value.constructor?.name ?? 'object'}]`;
}

function errorMembers(error: Error & { code?: unknown }, depth: number): Record<string, unknown> {
  const { message, code, stack, cause } = error;
  return {
    type: error.constructor.name,
    message,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    stack,
    cause: plain(cause, depth),
  };
}
