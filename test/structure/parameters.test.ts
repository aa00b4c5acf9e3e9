import 'reflect-metadata';
import { ModulesContainer } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuthorRequest } from '../../src/authors/authors.dto.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';

/** How Nest numbers the parameters that come whole from a body and from a query. */
const KINDS = { '3': 'body', '4': 'query' } as const;

interface Parameter {
  /** Such as `AuthorsController.create(body)`. */
  name: string;
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
      return kind === undefined ? [] : [{ name, type: types[index], member: data }];
    });
  });
}

const isChecked = (type: Function): boolean =>
  getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;

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
