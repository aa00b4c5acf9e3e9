import type { ProblemCode } from '../problems/problem.js';

export type Headers = Readonly<Record<string, { $ref: string }>>;

interface Header {
  description: string;
  maxLength: number;
  example: string;
}

/** Every header field of an answer that a client may need. */
const HEADERS = {
  'Accept-Encoding': {
    description: 'the content codings that the route accepts (RFC 9110, 12.5.3)',
    maxLength: 100,
    example: 'identity',
  },
  'Accept-Patch': {
    description: 'the media types that the route accepts (RFC 5789)',
    maxLength: 200,
    example: 'application/merge-patch+json, application/json',
  },
  'Accept-Post': {
    description: 'the media types that the route accepts (W3C LDP)',
    maxLength: 200,
    example: 'application/json',
  },
  'Content-Disposition': {
    description: 'the name of the file (RFC 6266)',
    maxLength: 200,
    example: 'attachment; filename="authors.csv"',
  },
  ETag: {
    description:
      'the version of the record, to send as `If-Match` or `If-None-Match` (RFC 9110, 8.8.3)',
    maxLength: 100,
    example: '"7-1"',
  },
  'Idempotency-Replayed': {
    description: '`true` if this is the answer to an earlier request with the same key',
    maxLength: 4,
    example: 'true',
  },
  Allow: {
    description: 'the methods of the path (RFC 9110, 10.2.1)',
    maxLength: 100,
    example: 'GET, HEAD, OPTIONS, POST',
  },
  Link: {
    description: 'the next page, with `rel="next"`; missing on the last page (RFC 8288)',
    maxLength: 8000,
    example: '</authors?limit=20&cursor=eyJpZCI6N30>; rel="next"',
  },
  Location: {
    description: 'the path of the new resource',
    maxLength: 200,
    example: '/authors/7',
  },
  RateLimit: {
    description: 'the limit: `r` requests left, `t` seconds until one more',
    maxLength: 200,
    example: '"logins of this name";r=0;t=900',
  },
  'RateLimit-Policy': {
    description:
      'the same limit: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers)',
    maxLength: 200,
    example: '"logins of this name";q=10;w=9000',
  },
  'Retry-After': {
    description: 'wait these seconds, then repeat the request (RFC 9110, 10.2.3)',
    maxLength: 10,
    example: '1',
  },
  'WWW-Authenticate': {
    description: 'how to authenticate, and what was wrong (RFC 6750, RFC 7617, RFC 9470)',
    maxLength: 300,
    example: 'Bearer realm="library-api", error="invalid_token"',
  },
  'X-Request-Id': {
    description: 'the id of this request in the log; your own if you send one',
    maxLength: 200,
    example: 'c0a8012e-1',
  },
} as const satisfies Record<string, Header>;

export type HeaderName = keyof typeof HEADERS;

const BY_PROBLEM: Partial<Record<ProblemCode, readonly HeaderName[]>> = {
  invalid_request: ['WWW-Authenticate'],
  method_not_allowed: ['Allow'],
  token_missing: ['WWW-Authenticate'],
  token_invalid: ['WWW-Authenticate'],
  could_not_verify: ['WWW-Authenticate'],
  insufficient_scope: ['WWW-Authenticate'],
  session_required: ['WWW-Authenticate'],
  confirmation_required: ['WWW-Authenticate'],
  unsupported_media_type: ['Accept-Post', 'Accept-Patch', 'Accept-Encoding'],
  too_many_requests: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  idempotency_in_progress: ['Retry-After'],
  unavailable: ['Retry-After'],
  storage_full: ['Retry-After'],
};

/** The components that `headersOf` and `answerHeaders` refer to. */
export function headerComponents(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(HEADERS).map(([name, { description, maxLength, example }]) => [
      name,
      { description, schema: { type: 'string', maxLength }, example },
    ]),
  );
}

/** Header fields for a response of the document. */
export function answerHeaders(...names: readonly HeaderName[]): Headers {
  return Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The header fields of an answer with this problem, each with an example. */
export function exampleHeaders(code: ProblemCode): (Header & { name: string })[] {
  const names: readonly HeaderName[] = [...(BY_PROBLEM[code] ?? []), 'X-Request-Id'];
  return names.map(name => ({ name, ...HEADERS[name] }));
}

/** The header fields of a response with these problems, or of any other. */
export function headersOf(codes: readonly ProblemCode[]): Headers {
  const names = codes.flatMap(code => BY_PROBLEM[code] ?? []);
  return answerHeaders('X-Request-Id', ...new Set(names));
}
