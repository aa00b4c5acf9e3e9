import { PROBLEMS } from '../../problems/problem.js';
import type { ProblemCode } from '../../problems/problem.js';
import type { ProblemExample } from '../../problems/problem-pages.js';
import { answerHeaders, exampleHeaders, headersOf } from '../answer-headers.docs.js';
import type { Headers } from '../answer-headers.docs.js';

type Schema = Readonly<Record<string, unknown>>;

export const REPLAYED = answerHeaders('Idempotency-Replayed');

const BASE = { $ref: '#/components/schemas/ProblemResponse' };
const COUNT = { type: 'integer', format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const listOf = (schema: string, maxItems: number): Schema => ({
  type: 'array',
  items: { $ref: `#/components/schemas/${schema}` },
  maxItems,
});

const QUOTA = { quota: { type: 'string', maxLength: 100 }, limit: COUNT };

/** The fields of a problem in addition to those of RFC 9457, with an example of each. */
const EXTENSIONS: Partial<
  Record<ProblemCode, { properties: Schema; example?: Schema; isOptional?: true }>
> = {
  validation_failed: {
    properties: { errors: listOf('FaultResponse', 20) },
    example: {
      detail: 'one field is not valid: /name must be a string',
      errors: [{ pointer: '/name', detail: 'must be a string' }],
    },
  },
  import_refused: {
    properties: { errors: listOf('ImportErrorResponse', 1000), error_count: COUNT },
    example: {
      detail: 'one line has a fault, nothing was stored; line 3 name is missing',
      errors: [{ line: 3, detail: 'name is missing' }],
      error_count: 1,
    },
  },
  quota_exceeded: {
    properties: QUOTA,
    example: { quota: 'MAX_RECORDS_PER_USER', limit: 1_000_000 },
  },
  too_many_requests: {
    properties: QUOTA,
    isOptional: true,
  },
};

/** Where a problem happens, in its example. */
const PATHS: Partial<Record<ProblemCode, string>> = {
  could_not_verify: '/login',
  too_many_requests: '/login',
  refresh_refused: '/token/refresh',
  registration_closed: '/register',
  name_taken: '/register',
  validation_failed: '/register',
  code_refused: '/password-reset',
  admin_required: '/users',
  user_not_found: '/users/0b0f2f0e-6e0a-4a57-9f6e-0b5c3c2d1a90',
  last_admin: '/users/me',
  wrong_password: '/sessions/confirm',
  session_required: '/tokens',
  confirmation_required: '/tokens',
  import_refused: '/authors/import',
  quota_exceeded: '/authors',
  author_exists: '/authors',
  idempotency_in_progress: '/authors/import',
  idempotency_mismatch: '/authors',
  route_not_found: '/author/7',
};

/** The problems whose answer is kept for an `Idempotency-Key`. */
const KEPT: readonly ProblemCode[] = ['author_exists', 'import_refused'];

/** The problems that no operation names: of requests that reach none, or that any could meet. */
const REST: readonly ProblemCode[] = [
  'route_not_found',
  'method_not_allowed',
  'request_timeout',
  'uri_too_long',
  'expectation_failed',
  'headers_too_large',
  'storage_full',
];

/** A schema for each problem, by its name. */
export function problemSchemas(): Record<string, Schema> {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return Object.fromEntries(codes.map(code => [schemaName(code), schemaOf(code)]));
}

/** The responses that operations share, as components of the document. */
export class ProblemResponses {
  readonly components: Record<string, Schema> = {
    any_other: { ...responseOf(REST, {}), description: 'any other problem' },
  };

  /** What an operation can answer although it does not say so. */
  readonly rest = { $ref: '#/components/responses/any_other' };

  /** The response of one status: one problem, or a union of several that `type` tells apart. */
  refTo(codes: readonly ProblemCode[], isIdempotent = false): { $ref: string } {
    const more = isIdempotent && codes.some(code => KEPT.includes(code)) ? REPLAYED : {};
    const name = [...codes, ...Object.keys(more)].join('.');
    this.components[name] ??= responseOf(codes, more);
    return { $ref: `#/components/responses/${name}` };
  }
}

function responseOf(codes: readonly ProblemCode[], more: Headers): Schema {
  const refs = codes.map(code => ({ $ref: `#/components/schemas/${schemaName(code)}` }));
  const mapping = Object.fromEntries(codes.map((code, at) => [`/problems/${code}`, refs[at].$ref]));
  const schema =
    codes.length === 1
      ? refs[0]
      : { oneOf: refs, discriminator: { propertyName: 'type', mapping } };
  return {
    description: codes.map(code => PROBLEMS[code].message).join('; or: '),
    headers: { ...headersOf(codes), ...more },
    content: {
      'application/problem+json': {
        schema,
        examples: Object.fromEntries(
          codes.map(code => [code, { summary: PROBLEMS[code].title, value: exampleOf(code) }]),
        ),
      },
    },
  };
}

function schemaOf(code: ProblemCode): Schema {
  const { status, title } = PROBLEMS[code];
  const { properties = {}, isOptional } = EXTENSIONS[code] ?? {};
  return {
    title,
    allOf: [
      BASE,
      {
        type: 'object',
        required: ['type', 'status', ...(isOptional ? [] : Object.keys(properties))],
        properties: {
          type: { type: 'string', const: `/problems/${code}` },
          status: { type: 'integer', format: 'int32', const: status },
          ...properties,
        },
      },
    ],
  };
}

/** An answer with this problem, for its page. */
export function problemExample(code: ProblemCode): ProblemExample {
  return { headers: exampleHeaders(code), body: exampleOf(code) };
}

function exampleOf(code: ProblemCode): Schema {
  const { status, title, message } = PROBLEMS[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: message,
    instance: PATHS[code] ?? '/authors/7',
    request_id: 'c0a8012e-1',
    message,
    ...EXTENSIONS[code]?.example,
  };
}

/** `author_not_found` → `AuthorNotFoundProblem`. */
function schemaName(code: ProblemCode): string {
  const words = code.split('_').map(word => word[0].toUpperCase() + word.slice(1));
  return `${words.join('')}Problem`;
}
