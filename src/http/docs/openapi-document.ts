import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, getSchemaPath } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS } from '../../problems/problem.js';
import type { ProblemCode } from '../../problems/problem.js';
import { ProblemResponse } from '../../problems/problem.dto.js';

/** The committed document, next to package.json. */
export const OPENAPI_FILE = new URL('../../../openapi.json', import.meta.url);

/** What every operation can answer, in addition to its own problems. */
const ANYWHERE: readonly ProblemCode[] = [
  'invalid_request',
  'not_acceptable',
  'internal_error',
  'unavailable',
];
const WITH_BODY: readonly ProblemCode[] = [
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
];

const DESCRIPTION = `Register, log in, and manage your own records of authors and their books.

To try it here: \`POST /register\`, then **Authorize** with that name and password under *basic* and
\`POST /login\`, then **Authorize** with the \`token\` of the answer under *bearer*.

Errors are [problem details](https://www.rfc-editor.org/rfc/rfc9457); the \`type\` of each is the address of a page that explains it.`;

/** In the order in which a new user needs them. */
const TAGS = {
  accounts: 'register, change the password, delete the account',
  login: 'get a token for a name and password',
  authors: 'your own records, which no other user sees',
  users: 'your profile; all users, for admins',
  sessions: 'list and end your logins',
  tokens: 'personal access tokens, for your programs',
  events: 'security events of accounts',
  operation: 'health and metrics, for operators',
} as const;

/** The OpenAPI 3.1 document, made from the routes and their DTOs; `npm run openapi` writes it to openapi.json. */
export function openApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, configOf(version), {
    extraModels: [ProblemResponse],
  });
  for (const operation of operationsOf(document)) {
    const codes = operation.requestBody === undefined ? ANYWHERE : [...ANYWHERE, ...WITH_BODY];
    for (const code of codes) {
      operation.responses[String(PROBLEMS[code].status)] ??= problemResponse(code);
    }
    sortResponses(operation);
  }
  nameAliases(operationsOf(document));
  return document;
}

function configOf(version: string): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('library-api')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    .addBasicAuth({ type: 'http', description: 'name and password, only at /login' }, 'basic')
    .addBearerAuth(
      { type: 'http', description: 'an access token or a personal access token' },
      'bearer',
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'x-access-tokens', description: 'as in the tutorial' },
      'x-access-tokens',
    );
  for (const [name, description] of Object.entries(TAGS)) {
    builder.addTag(name, description);
  }
  return builder.build();
}

interface Operation {
  operationId?: string;
  requestBody?: unknown;
  responses: Record<string, unknown>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.values(paths).flatMap(item =>
    METHODS.flatMap(method => (item[method] === undefined ? [] : [item[method] as Operation])),
  );
}

/** One handler on two paths is two operations, and each needs its own id: the first path gets the alias. */
function nameAliases(operations: readonly Operation[]): void {
  const taken = new Set<string | undefined>();
  for (const operation of operations.toReversed()) {
    if (taken.has(operation.operationId)) {
      operation.operationId += 'Alias';
    }
    taken.add(operation.operationId);
  }
}

function problemResponse(code: ProblemCode): object {
  return {
    description: PROBLEMS[code].message,
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemResponse) } } },
  };
}

function sortResponses(operation: Operation): void {
  operation.responses = Object.fromEntries(
    Object.entries(operation.responses).sort(([a], [b]) => a.localeCompare(b)),
  );
}
