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

const DESCRIPTION = `Register, log in, and keep your own records of authors and their books.

To try it here: \`POST /register\`, then **Authorize** with that name and password under *basic* and
\`POST /login\`, then **Authorize** with the \`token\` of the answer under *bearer*.

Errors are [problem details](https://www.rfc-editor.org/rfc/rfc9457); the \`type\` of each leads to a page that explains it.`;

/** In the order in which a newcomer needs them. */
const TAGS = {
  accounts: 'make an account, change its password, remove it',
  login: 'from name and password to a token',
  authors: 'your own records, which nobody else sees',
  users: 'your profile; for admins, everybody',
  sessions: 'where you are logged in',
  tokens: 'personal access tokens, for programs of yours',
  events: 'what has happened to accounts',
  operation: 'for whoever runs the service',
} as const;

/** The OpenAPI 3.1 document, made from the routes and their DTOs; `npm run openapi` writes it to openapi.json. */
export function openApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('library-api')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    .addBasicAuth(
      { type: 'http', scheme: 'basic', description: 'name and password, at /login alone' },
      'basic',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        description: 'an access token, or a personal access token',
      },
      'bearer',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'x-access-tokens',
        description: 'as the tutorial sends it',
      },
      'x-access-tokens',
    );
  for (const [name, description] of Object.entries(TAGS)) {
    builder.addTag(name, description);
  }
  const config = builder.build();
  const document = SwaggerModule.createDocument(app, config, { extraModels: [ProblemResponse] });
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

/** One handler on two paths is two operations, and each must have an id of its own: the first path is the alias. */
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
