import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS } from '../../problems/problem.js';
import type { ProblemCode } from '../../problems/problem.js';
import { FaultResponse, ProblemResponse } from '../../problems/problem.dto.js';
import type { AccessRule } from '../access-rule.js';
import { answerHeaders, headerComponents } from '../answer-headers.docs.js';
import type { Headers } from '../answer-headers.docs.js';
import { boundFormats, closeRequest } from './bounds.js';
import { exampleOf } from './examples.js';
import type { Schemas } from './examples.js';
import { inOrder } from './journey.js';
import { ProblemResponses, problemSchemas, REPLAYED } from './problem-responses.js';

/** The committed document in both formats, next to package.json. */
export const OPENAPI_FILES = {
  json: new URL('../../../openapi.json', import.meta.url),
  yaml: new URL('../../../openapi.yaml', import.meta.url),
} as const;

/** The server in the committed document; a served one names the address that its client used. */
export const DEFAULT_SERVER = 'http://localhost:3000';

/** What every operation can answer, in addition to its own problems. */
const ANYWHERE: readonly ProblemCode[] = [
  'invalid_request',
  'invalid_query',
  'not_acceptable',
  'internal_error',
];
/** What every operation that looks for the caller in the database can answer. */
const WITH_CALLER: readonly ProblemCode[] = ['unavailable'];
const WITH_BODY: readonly ProblemCode[] = [
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
];

const DESCRIPTION = `Register, log in, and manage your own records of authors and their books.

**To try it here**, send \`POST /register\`, then **Authorize** with that name and password under *basic*. The page logs in and sends the token with each request. It keeps the token until you close the tab.

**In a program**, log in with \`POST /login\` and send the \`token\` of the answer as \`Authorization: Bearer TOKEN\`, or as \`x-access-tokens: TOKEN\`.

**Errors** are [problem details](https://www.rfc-editor.org/rfc/rfc9457): compare \`type\` in a program, or open it as a page that explains the error.`;

/** In the order in which a new user needs them. */
const TAGS = {
  login: 'register, and get a token for your name and password',
  authors: 'your own records, which no other user sees',
  accounts: 'change your password, delete your account',
  users: 'your profile; all users, for admins',
  sessions: 'your logins: list and end them',
  tokens: 'personal access tokens for your programs',
  events: 'security events of accounts',
  operation: 'health and metrics for operators',
} as const;

/** The OpenAPI 3.1 document, made from the routes and their DTOs; `npm run openapi` writes it to openapi.json. */
export function openApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, configOf(version), {
    extraModels: [ProblemResponse, FaultResponse],
    autoTagControllers: false,
  });
  const operations = operationsOf(document);
  nameAliases(operations);
  const components = document.components as { schemas: Schemas } & Record<string, object>;
  const problems = new ProblemResponses();
  Object.assign(components.schemas, problemSchemas());
  Object.assign(components, { responses: problems.components, headers: headerComponents() });
  for (const operation of operations) {
    describeAccess(operation);
    describeAnswers(operation, problems);
    showExamples(operation, components.schemas);
    closeRequest(operation, components.schemas);
  }
  const { openapi, info, servers, tags, paths } = document;
  const ordered = { openapi, info, servers, tags, paths: inOrder(paths), components };
  boundFormats(ordered);
  return ordered;
}

function configOf(version: string): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('library-api')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer(DEFAULT_SERVER, 'this server')
    .addBearerAuth(
      {
        type: 'http',
        description:
          'the `token` of a login (a JWT, RFC 9068 and RFC8725), or a personal access token',
      },
      'bearer',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'x-access-tokens',
        description: 'the same token, in the header field of the tutorial',
      },
      'x-access-tokens',
    )
    // Last, because Swagger UI puts the cursor into the last form.
    .addBasicAuth(
      { type: 'http', description: 'your name and password; only `/login` takes them' },
      'basic',
    );
  for (const [name, description] of Object.entries(TAGS)) {
    builder.addTag(name, description);
  }
  return builder.build();
}

type Content = Record<string, { schema?: { $ref?: string }; example?: unknown }>;

interface Response {
  $ref?: string;
  headers?: Headers;
  content?: Content;
}

interface Operation {
  operationId: string;
  description?: string;
  parameters?: { name: string }[];
  requestBody?: { content: Content };
  responses: Record<string, Response>;
  security?: object[];
  'x-access'?: AccessRule;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

type Paths = OpenAPIObject['paths'];

function operationsOf({ paths }: { paths: Paths }): Operation[] {
  return Object.values(paths).flatMap(item =>
    METHODS.flatMap(method => (item[method] === undefined ? [] : [item[method] as Operation])),
  );
}

/** One handler on two paths is two operations, and each needs its own id: the first path gets the alias. */
function nameAliases(operations: readonly Operation[]): void {
  const taken = new Set<string>();
  for (const operation of operations.toReversed()) {
    if (taken.has(operation.operationId)) {
      operation.operationId += 'Alias';
      operation.description = `The same as the other path; this one is the tutorial's.\n\n${operation.description ?? ''}`;
    }
    taken.add(operation.operationId);
  }
}

/** Says who may call. OpenAPI knows no scopes of tokens that are no OAuth tokens. */
function describeAccess(operation: Operation): void {
  const rule = operation['x-access'];
  delete operation['x-access'];
  operation.security ??= [];
  if (rule !== undefined) {
    operation.description = `${operation.description ?? ''}\n\n**Who:** ${callersOf(rule)}.`.trim();
  }
}

function callersOf({ admin, anyToken, fresh, scope }: AccessRule): string {
  const who = admin ? 'an admin' : 'any user';
  const session = fresh
    ? 'a session whose password was confirmed in the last 5 minutes'
    : 'a session';
  const token =
    scope === undefined ? '' : ` or a personal access token with the scope \`${scope}\``;
  return `${who}, with ${session}${anyToken ? ' or any personal access token' : token}`;
}

/** Joins the problems of each status, and adds those and the header fields that every operation has. */
function describeAnswers(operation: Operation, problems: ProblemResponses): void {
  const named = Object.keys(operation.responses).filter(isCode);
  const codes = new Set([
    ...named,
    ...ANYWHERE,
    ...(operation.security?.length ? WITH_CALLER : []),
    ...('application/json' in (operation.requestBody?.content ?? {}) ? WITH_BODY : []),
  ]);
  const isIdempotent = operation.parameters?.some(({ name }) => name === 'Idempotency-Key');
  const answers = Object.entries(operation.responses).filter(([key]) => !isCode(key));
  const statuses = new Set([...codes].map(statusOf));
  operation.responses = {
    ...Object.fromEntries(
      answers.map(([status, answer]) => [
        status,
        {
          ...answer,
          headers: {
            ...answerHeaders('X-Request-Id'),
            ...answer.headers,
            ...(isIdempotent && REPLAYED),
          },
        },
      ]),
    ),
    ...Object.fromEntries(
      [...statuses].map(status => {
        const some = [...codes].filter(code => statusOf(code) === status);
        return [status, problems.refTo(some, isIdempotent)];
      }),
    ),
    default: problems.rest,
  };
}

const statusOf = (code: ProblemCode): number => PROBLEMS[code].status;

const isCode = (key: string): key is ProblemCode => Object.hasOwn(PROBLEMS, key);

/** Gives each JSON body without an example the one that its schema makes. */
function showExamples({ requestBody, responses }: Operation, schemas: Schemas): void {
  for (const holder of [requestBody, ...Object.values(responses)]) {
    for (const [type, media] of Object.entries(holder?.content ?? {})) {
      if (type.endsWith('json') && media.schema !== undefined) {
        media.example ??= exampleOf(media.schema, schemas, holder === requestBody);
      }
    }
  }
}
