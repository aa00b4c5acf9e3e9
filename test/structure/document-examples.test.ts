import { appendFileSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/process.js';

interface Schema {
  example?: unknown;
  examples?: unknown[];
}

interface Found {
  at: string;
  schema: object;
  value: unknown;
}

const document = JSON.parse(readFileSync(`${ROOT}openapi.json`, 'utf8')) as object;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'document', ...document });

/** Every example: of a schema itself, and of a media type, parameter or header field that has a schema. */
function examplesIn(value: unknown, at = '#'): Found[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const { schema = value } = value as { schema?: object };
  const { example, examples } = value as Schema;
  const given = Array.isArray(examples)
    ? examples
    : Object.values((examples ?? {}) as Record<string, { value: unknown }>).map(each => each.value);
  const own = [...('example' in value ? [example] : []), ...given].map(each => ({
    at,
    schema,
    value: each,
  }));
  const inside = Object.entries(value).filter(([name]) => !/^examples?$/.test(name));
  return [
    ...own,
    ...inside.flatMap(([name, part]) => examplesIn(part, `${at}/${name.replaceAll('/', '~1')}`)),
  ];
}

const EXAMPLES = examplesIn(document);

describe('the examples of openapi.json', () => {
  test('are valid for their schemas', () => {
    const faults = EXAMPLES.filter(({ schema, value }) => {
      const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
      return !ajv.validate(JSON.parse(text) as object, value);
    });
    expect(faults).toEqual([]);
    if (process.env.SEEN_FILE !== undefined) {
      const lines = EXAMPLES.map(({ at }, index) => `example ${index} ${at}\n`);
      appendFileSync(process.env.SEEN_FILE, lines.join(''));
    }
  });

  test('stand in every JSON body, and none is a placeholder', () => {
    const without = bodiesIn(document).filter(({ media }) => !/"examples?":/.test(media));
    expect(without.map(({ at }) => at)).toEqual([]);
    expect(EXAMPLES.filter(({ value }) => /^"text"$|:"text"/.test(JSON.stringify(value)))).toEqual(
      [],
    );
  });
});

/** The JSON bodies of requests and answers. */
function bodiesIn(value: unknown, at = '#'): { at: string; media: string }[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const { content = {} } = value as { content?: Record<string, object> };
  const own = Object.entries(content)
    .filter(([type]) => type.endsWith('json'))
    .map(([, media]) => ({ at, media: JSON.stringify(media) }));
  return [
    ...own,
    ...Object.entries(value).flatMap(([name, part]) => bodiesIn(part, `${at}/${name}`)),
  ];
}
