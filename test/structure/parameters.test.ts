import 'reflect-metadata';
import type { PipeTransform } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsObject, IsString, getMetadataStorage } from 'class-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuthorRequest } from '../../src/authors/authors.dto.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';

/** How Nest numbers the parameters that come whole from a body and from a query. */
const KINDS = { '3': 'body', '4': 'query' } as const;

interface Parameter {
  /** Such as `AuthorsController.create(body)`. */
  name: string;
  kind: 'body' | 'query';
  type: Function;
  /** The member that is taken out of the body or query, which would then be checked by nothing. */
  member?: unknown;
}

function parametersOf(controller: Function): Parameter[] {
  return Object.getOwnPropertyNames(controller.prototype).flatMap(method => {
    const sources: Record<string, { index: number; data?: unknown }> =
      Reflect.getMetadata('__routeArguments__', controller, method) ?? {};
    const types: Function[] = Reflect.getMetadata(
      'design:paramtypes',
      controller.prototype,
      method,
    );
    return Object.entries(sources).flatMap(([key, { index, data }]) => {
      const kind = KINDS[key.split(':')[0] as keyof typeof KINDS];
      const name = `${controller.name}.${method}(${kind})`;
      return kind === undefined ? [] : [{ name, kind, type: types[index], member: data }];
    });
  });
}

const isChecked = (type: Function): boolean =>
  getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;

interface Documented {
  type?: unknown;
  maxLength?: number;
  maxItems?: number;
}

const documented = (type: Function, field: string): Documented =>
  Reflect.getMetadata('swagger/apiModelProperties', type.prototype, field) ?? {};

/** The fields of a class whose size nothing bounds; those that hold objects too, because no pipe walks into them. */
function unbounded(type: Function): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const fields = [...new Set(rules.map(({ propertyName }) => propertyName))];
  return fields.filter(field => {
    const of = Reflect.getMetadata('design:type', type.prototype, field);
    const { type: stated = of, maxLength, maxItems } = documented(type, field);
    if (maxItems !== undefined || of === Array) {
      return maxItems === undefined;
    }
    if (stated === String || stated === 'string') {
      return maxLength === undefined;
    }
    return ![Boolean, Number, 'boolean', 'integer', undefined].includes(stated as string);
  });
}

const textsOf = (type: Function): [string, Documented][] =>
  getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .map(({ propertyName }): [string, Documented] => [propertyName, documented(type, propertyName)])
    .filter(([, { maxLength }]) => maxLength !== undefined);

class RunningTest {}

describe('the parameters of the routes', () => {
  let running: RunningApp;
  let parameters: Parameter[];

  beforeAll(async () => {
    running = await startApp('sqlite');
    const modules = [...running.app.get(ModulesContainer).values()];
    parameters = modules
      .flatMap(module => [...module.controllers.values()])
      .flatMap(({ metatype }) => parametersOf(metatype as Function));
  });
  afterAll(() => running.close());

  test('from a body or a query are of classes whose members are checked', () => {
    expect(parameters.length).toBeGreaterThanOrEqual(10);
    const wrong = parameters.filter(({ type, member }) => member !== undefined || !isChecked(type));
    expect(wrong.map(({ name, type }) => `${name}: ${type?.name}`)).toEqual([]);
  });

  test('would be found out if they were not', () => {
    class Unchecked {
      name: string;
    }
    expect([Object, Array, String, Unchecked].map(isChecked)).toEqual([false, false, false, false]);
  });

  test('bound the size of each field', () => {
    const wrong = parameters.flatMap(({ name, type }) =>
      unbounded(type).map(field => `${name}: ${field} needs maxLength or maxItems`),
    );
    expect(wrong).toEqual([]);
  });

  test('would be found out if they had a field without a bound', () => {
    class Unbounded {
      @ApiProperty()
      @IsString()
      text: string;

      @ApiProperty({ type: [String], maxLength: 5 })
      @IsArray()
      texts: string[];

      @ApiProperty()
      @IsObject()
      nested: RunningTest;

      @ApiProperty({ maxLength: 5 })
      @IsString()
      bounded: string;
    }
    expect(unbounded(Unbounded)).toEqual(['text', 'texts', 'nested']);
  });

  test('refuse each text by its length before any rule reads it', async () => {
    const { StrictValidationPipe } = (await import('#dist/http/validation.pipe.js' as string)) as {
      StrictValidationPipe: new () => PipeTransform;
    };
    for (const { name, type, kind } of parameters) {
      for (const [field, { maxLength = 0 }] of textsOf(type)) {
        const value = { [field]: `a${'\u0315'.repeat(4 * maxLength)}` };
        const refusal = await Promise.resolve(
          new StrictValidationPipe().transform(value, { type: kind, metatype: type as never }),
        ).catch((error: unknown) => error);
        expect([name, refusal]).toEqual([
          name,
          expect.objectContaining({
            detail: `${field} must be at most ${maxLength} characters`,
          }),
        ]);
      }
    }
  });

  test('keep their types at run time, in the tests as in the product', async () => {
    const { AuthorRequest: Built } = (await import('#dist/authors/authors.dto.js' as string)) as {
      AuthorRequest: typeof AuthorRequest;
    };
    for (const dto of [AuthorRequest, Built]) {
      expect(Reflect.getMetadata('design:type', dto.prototype, 'name')).toBe(String);
      expect(Reflect.getMetadata('design:type', dto.prototype, 'booker_prize')).toBe(Boolean);
    }
  });
});
