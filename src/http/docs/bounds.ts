import type { Schemas } from './examples.js';

/** The bounds that follow from a format. */
const BOUNDS: Readonly<Record<string, object>> = {
  uuid: { maxLength: 36 },
  'date-time': { maxLength: 40 },
  int32: { minimum: 0, maximum: 2 ** 31 - 1 },
  int64: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
};

/** Adds the bounds of its format to every schema in a document that names none. */
export function boundFormats(value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  const { format } = value as { format?: unknown };
  if (typeof format === 'string') {
    for (const [name, bound] of Object.entries(BOUNDS[format] ?? {})) {
      (value as Record<string, unknown>)[name] ??= bound;
    }
  }
  Object.values(value).forEach(boundFormats);
}

interface WithBody {
  requestBody?: { content: Readonly<Record<string, { schema?: { $ref?: string } }>> };
}

/** Says of the body of a request that it takes no other fields. */
export function closeRequest({ requestBody }: WithBody, schemas: Schemas): void {
  for (const { schema } of Object.values(requestBody?.content ?? {})) {
    const name = schema?.$ref?.slice(schema.$ref.lastIndexOf('/') + 1);
    if (name !== undefined) {
      Object.assign(schemas[name], { additionalProperties: false });
    }
  }
}
