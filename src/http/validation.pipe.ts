import { Injectable, ValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata, PipeTransform, ValidationPipeOptions } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { Problem } from '../problems/problem.js';
import type { Fault } from '../problems/problem.js';

const OPTIONS: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
};

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
    // ValidationPipe drops these without a word, or reads them from the prototype.
    const inherited = Object.keys(value as object)
      .filter(property => property in Object.prototype || property === 'prototype')
      .map(property => ({ property, constraints: { whitelistValidation: '' } }));
    if (inherited.length > 0) {
      throw type === 'body' ? invalidBody(inherited) : invalidQuery(inherited);
    }
    return PIPES[type].transform({ ...(value as object) }, metadata);
  }
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
  const faults = errors.flatMap(error => faultsOf(error, ''));
  const [first] = faults;
  return new Problem('validation_failed', {
    detail: `${first.pointer.slice(1)} ${first.detail}`,
    errors: faults,
  });
}

function invalidQuery(errors: readonly ValidationError[]): Problem {
  const [{ pointer, detail }] = errors.flatMap(error => faultsOf(error, ''));
  return new Problem('invalid_query', { detail: `${pointer.slice(1)} ${detail}` });
}

/** One fault a field: a wrong type breaks the other rules too, and they would only repeat it. */
function faultsOf(error: ValidationError, path: string): Fault[] {
  const pointer = `${path}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const constraints = error.constraints ?? {};
  const own = 'whitelistValidation' in constraints ? ['is not known'] : Object.values(constraints);
  return [
    ...own.slice(0, 1).map(detail => ({ pointer, detail })),
    ...(error.children ?? []).flatMap(child => faultsOf(child, pointer)),
  ];
}
