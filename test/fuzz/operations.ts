import { readFileSync } from 'node:fs';
import { ROOT } from '../support/process.js';

/** As much of JSON Schema as the document uses. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: string[];
  pattern?: string;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

/** One operation of the OpenAPI document. */
export interface Operation {
  id: string;
  method: string;
  path: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  /** For each media type that it takes, the schema of the body. */
  bodies: Record<string, Schema>;
  /** The statuses that the document names. */
  statuses: string[];
}

const { paths, components } = JSON.parse(readFileSync(`${ROOT}openapi.json`, 'utf8'));

/** One line of an import, whose body is binary to the document. */
export const LINE: Schema = components.schemas.AuthorRequest;

/** Every operation of the committed document. */
export const OPERATIONS: readonly Operation[] = Object.entries<object>(paths).flatMap(
  ([path, item]) =>
    Object.entries<any>(item).map(([method, { operationId, ...operation }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
      bodies: bodiesOf(operation.requestBody?.content ?? {}),
      statuses: Object.keys(operation.responses),
    })),
);

/** The routes that describe the API, which the document leaves out. */
export const DOCUMENTATION: readonly Operation[] = [
  ...['/', '/docs', '/docs/swagger-ui-bundle.js', '/openapi.json', '/openapi.yaml'],
  '/problems/author_not_found',
].map(path => ({
  id: `GET ${path}`,
  method: 'GET',
  path,
  parameters: [],
  bodies: {},
  statuses: ['200', '302', '400', '404', '406'],
}));

function bodiesOf(content: Record<string, { schema: any }>): Record<string, Schema> {
  const resolve = (schema: any): Schema =>
    schema.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1)];
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema }]) => [type, resolve(schema)]),
  );
}
