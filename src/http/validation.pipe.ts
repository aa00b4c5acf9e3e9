import { Injectable, ValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata, PipeTransform, ValidationPipeOptions } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { Problem } from '../problems/problem.js';
import type { Fault } from '../problems/problem.js';
import { sizeFaults, withoutNested } from './field-bounds.js';

const OPTIONS: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
};

/** An answer lists this many faults. */
const MOST_FAULTS = 20;
/** Characters of an unknown name that an answer repeats. */
const SHOWN = 50;

/** One pipe for each source, because an exception factory does not learn where the value came from. */
const PIPES = {
  body: new ValidationPipe({ ...OPTIONS, exceptionFactory: invalidBody }),
  query: new ValidationPipe({ ...OPTIONS, exceptionFactory: invalidQuery }),
};

/**
 * Checks every body and query against its DTO class: a faulty body is a 422 with a JSON pointer for each fault,
 * a faulty query a 400. It converts no value and refuses fields that the class does not name.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type, metatype } = metadata;
    if ((type !== 'body' && type !== 'query') || metatype === undefined || isPlain(metatype)) {
      return value;
    }
    if (type === 'body') {
      refuseOtherThanObject(value);
    }
    const refuse = type === 'body' ? bodyProblem : queryProblem;
    const oversized = sizeFaults(value as object, metatype);
    if (oversized.length > 0) {
      throw refuse(oversized);
    }
    // ValidationPipe drops these without a word, or reads them from the prototype.
    const inherited = Object.keys(value as object).filter(isInherited);
    if (inherited.length > 0) {
      const constraints = { whitelistValidation: '' };
      throw refuse(faultsIn(inherited.map(property => ({ property, constraints }))));
    }
    return PIPES[type].transform(withoutNested(value as object), metadata);
  }
}

function isInherited(property: string): boolean {
  return property in Object.prototype || property === 'prototype';
}

function isPlain(metatype: unknown): boolean {
  return [String, Boolean, Number, Array, Object].includes(metatype as never);
}

function refuseOtherThanObject(value: unknown): void {
  if (value === undefined) {
    throw new Problem('invalid_json', { detail: 'the body is missing: send a JSON object' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const errors = [{ pointer: '', detail: 'must be an object' }];
    throw new Problem('validation_failed', { errors });
  }
}

function invalidBody(errors: readonly ValidationError[]): Problem {
  return bodyProblem(faultsIn(errors));
}

function invalidQuery(errors: readonly ValidationError[]): Problem {
  return queryProblem(faultsIn(errors));
}

function bodyProblem(faults: readonly Fault[]): Problem {
  const errors = faults.slice(0, MOST_FAULTS);
  return new Problem('validation_failed', { detail: sentence(errors[0]), errors });
}

function queryProblem([first]: readonly Fault[]): Problem {
  return new Problem('invalid_query', { detail: sentence(first) });
}

function sentence({ pointer, detail }: Fault): string {
  return pointer === '' ? `the body ${detail}` : `${pointer.slice(1)} ${detail}`;
}

/** One fault for each field: a wrong type breaks the other rules too, and they would only repeat it. */
function faultsIn(errors: readonly ValidationError[]): Fault[] {
  return errors.map(({ property, constraints = {} }) => {
    const isUnknown = 'whitelistValidation' in constraints;
    const [detail] = isUnknown ? ['is not known'] : Object.values(constraints);
    return { pointer: `/${escapePointer(isUnknown ? shown(property) : property)}`, detail };
  });
}

/** RFC 6901, 3. */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function shown(name: string): string {
  return name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name;
}
