/** One row of the table from which answers, documents and tests are made. */
interface ProblemKind {
  status: number;
  title: string;
  /** The tutorial's `message`, and the `detail` unless the thrower gives one. */
  message: string;
}

/** Every problem by its stable code, which is the last segment of `type` (RFC 9457): /problems/CODE. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'Invalid request', message: 'the request is malformed' },
  invalid_json: { status: 400, title: 'Invalid JSON', message: 'the body is not valid JSON' },
  invalid_query: {
    status: 400,
    title: 'Invalid query parameter',
    message: 'a query parameter is wrong',
  },
  token_missing: { status: 401, title: 'Token missing', message: 'a valid token is missing' },
  token_invalid: { status: 401, title: 'Token invalid', message: 'token is invalid' },
  could_not_verify: { status: 401, title: 'Login refused', message: 'could not verify' },
  refresh_refused: { status: 401, title: 'Refresh refused', message: 'refresh token is invalid' },
  insufficient_scope: {
    status: 403,
    title: 'Insufficient scope',
    message: 'the token does not have the required scope',
  },
  session_required: {
    status: 403,
    title: 'Session required',
    message: 'a personal access token cannot do this: log in',
  },
  admin_required: { status: 403, title: 'Admin required', message: 'only an admin can do this' },
  confirmation_required: {
    status: 403,
    title: 'Confirmation required',
    message:
      'confirm your password with POST /sessions/confirm, then repeat this request within 5 minutes',
  },
  command_line_only: {
    status: 403,
    title: 'Command line only',
    message: 'codes for yourself or for an admin are created on the command line only',
  },
  registration_closed: {
    status: 403,
    title: 'Registration closed',
    message: 'registration is closed',
  },
  wrong_password: { status: 403, title: 'Wrong password', message: 'the password is wrong' },
  code_refused: { status: 403, title: 'Code refused', message: 'the code is wrong or has expired' },
  route_not_found: { status: 404, title: 'Route not found', message: 'no route has this path' },
  author_not_found: { status: 404, title: 'Author not found', message: 'author does not exist' },
  user_not_found: { status: 404, title: 'User not found', message: 'user does not exist' },
  session_not_found: { status: 404, title: 'Session not found', message: 'session does not exist' },
  token_not_found: { status: 404, title: 'Token not found', message: 'token does not exist' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    message: 'this route does not support this method',
  },
  not_acceptable: {
    status: 406,
    title: 'Not acceptable',
    message: 'this route produces none of the accepted media types',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    message: 'the request took too long to arrive',
  },
  name_taken: { status: 409, title: 'Name taken', message: 'this name is taken' },
  author_exists: {
    status: 409,
    title: 'Author exists',
    message: 'you already have this book of this author',
  },
  last_admin: {
    status: 409,
    title: 'Last admin',
    message: 'the last admin cannot be demoted, disabled or removed',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'Request in progress',
    message: 'the first request with this Idempotency-Key is still running',
  },
  precondition_failed: {
    status: 412,
    title: 'Precondition failed',
    message: 'the current version of the record does not match',
  },
  body_too_large: { status: 413, title: 'Body too large', message: 'the body is too large' },
  uri_too_long: { status: 414, title: 'URI too long', message: 'the address is too long' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    message: 'this route does not accept the media type of the body',
  },
  expectation_failed: {
    status: 417,
    title: 'Expectation failed',
    message: 'the server does not support this expectation',
  },
  validation_failed: { status: 422, title: 'Validation failed', message: 'the body is not valid' },
  import_refused: {
    status: 422,
    title: 'Import refused',
    message: 'the import has errors; nothing was stored',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'Idempotency key reused',
    message: 'this Idempotency-Key was used for another request',
  },
  too_many_requests: { status: 429, title: 'Too many requests', message: 'too many requests' },
  headers_too_large: {
    status: 431,
    title: 'Header fields too large',
    message: 'the header fields are too large',
  },
  internal_error: { status: 500, title: 'Internal error', message: 'something went wrong' },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    message: 'the service is temporarily unavailable; try again',
  },
  quota_exceeded: {
    status: 507,
    title: 'Quota exceeded',
    message: 'the account has reached a limit of what it may store',
  },
  storage_full: {
    status: 507,
    title: 'Storage full',
    message: 'the server cannot store anything right now',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a body: where (JSON pointer, RFC 6901) and what. */
export interface Fault {
  pointer: string;
  detail: string;
}

export interface ProblemOptions {
  /** What is wrong with this request; by default the table's message. */
  detail?: string;
  /** The faults of a well-formed but invalid body (422). */
  errors?: readonly object[];
  /** Header fields of the answer, such as `Retry-After`. */
  headers?: Readonly<Record<string, string>>;
  /** Extension members (RFC 9457, 3.2). */
  members?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * An error that the caller sees. `detail`, `errors` and `members` are sent unchanged: put no secret, SQL or file
 * name into them.
 */
export class Problem extends Error {
  readonly detail: string;
  readonly errors?: readonly object[];
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ProblemCode,
    options: ProblemOptions = {},
  ) {
    super(PROBLEMS[code].message, { cause: options.cause });
    this.name = 'Problem';
    this.detail = options.detail ?? PROBLEMS[code].message;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

/** A temporary problem, with Retry-After in seconds (at least 1). */
export function retryLater(
  code: 'unavailable' | 'too_many_requests' | 'storage_full',
  seconds: number,
  detail?: string,
  members?: ProblemOptions['members'],
): Problem {
  const retryAfter = String(Math.max(1, Math.ceil(seconds)));
  return new Problem(code, { detail, members, headers: { 'retry-after': retryAfter } });
}
