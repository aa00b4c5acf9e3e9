import { applyDecorators, createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { ApiQueryOptions } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { isTooLong } from '../http/field-bounds.js';
import { Traits } from '../http/routes.js';
import { Problem } from '../problems/problem.js';
import { ALL, LIMIT, orderAndFields, PAGE, selection } from './list-parameters.js';
import type { Filter, Parameter, Parameters } from './list-parameters.js';
import type { PageQuery } from './pages.js';
import { BY_ID } from './sort.js';
import type { Sort } from './sort.js';
import type { Resource, Value } from './resource.js';

/** Which of an owner's records. */
export interface Selection {
  filters: readonly Filter[];
  /** Words that each record must have. */
  q?: string;
}

export interface ListQuery extends Selection, PageQuery {
  sort: Sort;
  fields?: readonly string[];
  /** The page also says how many records the list has. */
  count?: boolean;
}

type Given = Readonly<Record<string, string>>;

/** Injects the query of a resource's list. Throws `invalid_query`. */
export const Listing = (resource: Resource): ParameterDecorator =>
  injectQuery(listParameters(resource));

/** Documents the parameters that `Listing` reads. */
export const ApiListQuery = (resource: Resource): MethodDecorator =>
  documentQuery(listParameters(resource));

/**
 * Injects which records a route deletes: by filters, `q` or `all=true`. Throws `invalid_query` for none of these, and
 * for `all` together with another, because one of the two is a mistake.
 */
export const Deleting = (resource: Resource): ParameterDecorator =>
  createParamDecorator((_: unknown, context: ExecutionContext): Selection => {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const given = readQuery(deleteParameters(resource), query as Given) as Selection & {
      all?: boolean;
    };
    const isSelected = given.filters.length > 0 || given.q !== undefined;
    if (isSelected === (given.all ?? false)) {
      throw invalid(
        isSelected ? 'all=true takes no filter and no q' : 'a filter, q or all=true is required',
      );
    }
    return given;
  })();

/** Documents the parameters that `Deleting` reads. */
export const ApiDeleteQuery = (resource: Resource): MethodDecorator =>
  documentQuery(deleteParameters(resource));

/** Injects `limit` and `cursor`. Throws `invalid_query`. */
export const Paging = (): ParameterDecorator => injectQuery(PAGE);

/** Documents the parameters that `Paging` reads. */
export const ApiPageQuery = (): MethodDecorator => documentQuery(PAGE);

function deleteParameters(resource: Resource): Parameters {
  return { ...ALL, ...selection(resource) };
}

function listParameters(resource: Resource): Parameters {
  return { ...PAGE, ...orderAndFields(resource), ...selection(resource) };
}

function injectQuery(parameters: Parameters): ParameterDecorator {
  return createParamDecorator((_: unknown, context: ExecutionContext): ListQuery => {
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    return { sort: BY_ID, limit: LIMIT.default, ...readQuery(parameters, query as Given) };
  })();
}

/** Reads a query by its parameters. Throws `invalid_query`. */
export function readQuery(parameters: Parameters, given: Given): Selection {
  const values: Record<string, unknown> = {};
  const filters: Filter[] = [];
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(parameters, name)) {
      throw invalid(`${JSON.stringify(name.slice(0, 50))} is not known`);
    }
    const { parse, takes, filter, schema } = parameters[name];
    const isAbsent = given[name] === '' && !('minLength' in schema && schema.minLength === 0);
    const isReadable = !isAbsent && !isTooLong(given[name], longest(schema));
    const value = isReadable ? parse(given[name]) : undefined;
    if (value === undefined) {
      throw invalid(`${name} must be ${takes}`);
    }
    if (filter !== undefined) {
      filters.push({ ...filter, value: value as Value });
    } else {
      values[name] = value;
    }
  }
  return { ...values, filters };
}

/** Numbers, times and names of fields are shorter than this. */
const UNBOUNDED = 200;

function longest(schema: Parameter['schema']): number {
  return 'maxLength' in schema ? schema.maxLength! : UNBOUNDED;
}

function invalid(detail: string): Problem {
  return new Problem('invalid_query', { detail });
}

/** Lets a route accept the parameters that `readQuery` reads, and documents them. */
export function documentQuery(parameters: Parameters): MethodDecorator {
  return applyDecorators(
    Traits({ query: Object.keys(parameters) }),
    ...Object.entries(parameters).map(([name, { schema, description }]) =>
      ApiQuery({ name, schema, description, required: false } as ApiQueryOptions),
    ),
  );
}
