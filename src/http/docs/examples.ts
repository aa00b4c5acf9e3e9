/** The schemas of a document by name. */
export type Schemas = Readonly<Record<string, object>>;

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string | string[];
  example?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  readOnly?: boolean;
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-05-04T09:30:00.000Z',
  uuid: '0b0f2f0e-6e0a-4a57-9f6e-0b5c3c2d1a90',
};

const TYPES: Readonly<Record<string, unknown>> = {
  string: 'text',
  boolean: false,
  integer: 1,
  number: 1,
};

/**
 * A value of a schema, made from the examples of its fields. A request has no read-only fields, an answer no optional
 * ones.
 */
export function exampleOf(given: object, schemas: Schemas, isRequest = false): unknown {
  const schema = given as Schema;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return exampleOf(schemas[name], schemas, isRequest);
  }
  const { example = schema.const ?? schema.default, examples = [], enum: values = [] } = schema;
  const [own = example] = [...examples, ...(example === undefined ? values : [])];
  if (own !== undefined) {
    return own;
  }
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map(part => exampleOf(part, schemas))) as object;
  }
  if (schema.properties !== undefined) {
    return Object.fromEntries(
      Object.entries(schema.properties)
        .filter(([name, { readOnly }]) => (isRequest ? !readOnly : isShown(name, schema)))
        .map(([name, part]) => [name, exampleOf(part, schemas, isRequest)]),
    );
  }
  if (schema.items !== undefined) {
    return [exampleOf(schema.items, schemas)];
  }
  const type = [schema.type].flat()[0] ?? 'object';
  return FORMATS[schema.format ?? ''] ?? TYPES[type] ?? {};
}

/** A schema that requires nothing, such as a record with some `fields`, shows everything. */
function isShown(name: string, { required = [] }: Schema): boolean {
  return required.length === 0 || required.includes(name);
}
