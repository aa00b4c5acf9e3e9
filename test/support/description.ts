import { appendFileSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';

/** One request and its answer, as a test saw them. */
export interface Exchange {
  method: string;
  path: string;
  accept?: string;
  requestType?: string;
  requestEncoding?: string;
  requestBody?: unknown;
  status: number;
  headers: Headers;
  body: unknown;
}

interface Response {
  $ref?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema?: object }>;
}

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, Response>;
}

const FILE = new URL('../../openapi.json', import.meta.url);
const document = JSON.parse(readFileSync(FILE, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Response>; schemas: Record<string, object> };
};

/** Header fields that HTTP or the server as a whole give, and CORS, which is off by default. */
const GENERAL =
  /^(?:age|cache-control|connection|content-(?:length|type|security-policy)|date|keep-alive|vary|transfer-encoding|cross-origin-resource-policy|referrer-policy|strict-transport-security|x-content-type-options|x-frame-options|access-control-.*)$/;

const JSON_TYPE = /[/+]json$/;

const faults: string[] = [];
const seen = new Set<string>();

/** Only a balancer in front of the API gives these. */
const BALANCER = [502, 504];

/** Compares an exchange with the document; `expectDescribed` tells of the differences. */
export function watchExchange(exchange: Exchange): void {
  const operation = operationOf(exchange);
  if (operation === undefined || BALANCER.includes(exchange.status)) {
    return;
  }
  const { method, path, status } = exchange;
  const at = `${method} ${path} ${status}`;
  const given = operation.responses[String(status)];
  const response = resolve(given ?? operation.responses.default);
  seen.add(operation.operationId);
  const answer = `${operation.operationId} ${given === undefined ? 'default' : status}`;
  seen.add(answer);
  for (const name of Object.keys(response.headers ?? {}).filter(each =>
    exchange.headers.has(each),
  )) {
    seen.add(`${nameOf(given ?? {}) ?? answer} ${name}`);
  }
  faults.push(...answerFaults(exchange, response).map(fault => `${at}: ${fault}`));
  faults.push(...refusalFaults(exchange, operation).map(fault => `${at}: ${fault}`));
  if (status < 300) {
    faults.push(...requestFaults(exchange, operation).map(fault => `${at}: ${fault}`));
  }
}

/** Fails where an exchange of this test file differs from the document. */
export function expectDescribed(): void {
  if (process.env.SEEN_FILE !== undefined && seen.size > 0) {
    appendFileSync(process.env.SEEN_FILE, `${[...seen].join('\n')}\n`);
  }
  if (faults.length > 0) {
    const some = [...new Set(faults)].slice(0, 10).join('\n').slice(0, 5_000);
    throw new Error(`openapi.json and ${faults.length} answers differ:\n${some}`);
  }
}

function answerFaults({ headers, body }: Exchange, response: Response): string[] {
  const names = Object.keys(response.headers ?? {}).map(name => name.toLowerCase());
  const undocumented = [...headers.keys()].filter(
    name => !GENERAL.test(name) && !names.includes(name),
  );
  const type = headers.get('content-type')?.split(';')[0];
  const found = undocumented.map(name => `the header ${name} is not documented`);
  if (type === undefined) {
    return found;
  }
  const media = response.content?.[type];
  if (media === undefined) {
    return [...found, `the media type ${type} is not documented`];
  }
  return JSON_TYPE.test(type) && media.schema !== undefined
    ? [...found, ...schemaFaults(media.schema, body)]
    : found;
}

function requestFaults(exchange: Exchange, operation: Operation): string[] {
  const { requestType, requestBody, path } = exchange;
  const known = (operation.parameters ?? []).filter(each => each.in === 'query');
  const names = [...new URL(path, 'http://localhost').searchParams.keys()];
  const found = names
    .filter(name => !known.some(each => each.name === name))
    .map(name => `the parameter ${name} is not documented`);
  const content = operation.requestBody?.content;
  if (requestType === undefined || requestBody === undefined || content === undefined) {
    return found;
  }
  const type = requestType.split(';')[0].toLowerCase();
  const schema = content[type]?.schema;
  if (content[type] === undefined) {
    return [...found, `the media type ${type} of the request is not documented`];
  }
  return JSON_TYPE.test(type) && schema !== undefined
    ? [
        ...found,
        ...schemaFaults(schema, asRead(schema, requestBody)).map(each => `request ${each}`),
      ]
    : found;
}

/** A media type that the document offers is not refused: of an answer with 406, of a body with 415. */
function refusalFaults(exchange: Exchange, { requestBody, responses }: Operation): string[] {
  const { status, accept = '', requestType = '', requestEncoding } = exchange;
  const produced = Object.entries(responses)
    .filter(([code]) => code.startsWith('2'))
    .flatMap(([, { content }]) => Object.keys(content ?? { 'application/problem+json': {} }));
  const consumed = Object.keys(requestBody?.content ?? {});
  const isRefused =
    (status === 406 && produced.includes(accept)) ||
    (status === 415 && requestEncoding === undefined && consumed.includes(requestType));
  return isRefused ? ['refuses what is documented'] : [];
}

/** A body as the product reads it: without read-only fields, and texts trimmed. */
function asRead(schema: { $ref?: string }, body: unknown): unknown {
  const name = schema.$ref?.slice('#/components/schemas/'.length) ?? '';
  const { properties = {} } = (document.components.schemas[name] ?? {}) as {
    properties?: Record<string, { readOnly?: boolean }>;
  };
  return Object.fromEntries(
    Object.entries(body as object)
      .filter(([field]) => !properties[field]?.readOnly)
      .map(([field, value]) => [field, typeof value === 'string' ? value.trim() : value]),
  );
}

/** The operation of a documented path; undefined for a path or a method that the document does not have. */
function operationOf({ method, path }: Exchange): Operation | undefined {
  const [asked] = path.split('?', 1);
  const item = document.paths[asked] ?? patterns.find(([pattern]) => pattern.test(asked))?.[1];
  return item?.[method.toLowerCase()];
}

const patterns = Object.entries(document.paths)
  .filter(([path]) => path.includes('{'))
  .map(([path, item]) => [new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), item] as const);

/** The name of a response that operations share. */
function nameOf({ $ref }: Response): string | undefined {
  return $ref?.slice('#/components/responses/'.length);
}

function resolve(response: Response): Response {
  const name = nameOf(response);
  return name === undefined ? response : document.components.responses[name];
}

const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
ajv.addSchema({ $id: 'document', components: closed(document.components) });

const validators = new WeakMap<object, ValidateFunction>();

function schemaFaults(schema: object, value: unknown): string[] {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(inDocument(schema));
    validators.set(schema, validate);
  }
  return validate(value)
    ? []
    : [`${ajv.errorsText(validate.errors)} in ${String(JSON.stringify(value)).slice(0, 300)}`];
}

/** The same schema with references into the document. */
function inDocument(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
}

/** Components whose objects have no undocumented fields: clients may ignore them, the product must not send them. */
function closed({ schemas }: typeof document.components): object {
  return {
    schemas: Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => {
        const isBase = name === 'ProblemResponse';
        return [name, isBase ? schema : { ...schema, unevaluatedProperties: false }];
      }),
    ),
  };
}
