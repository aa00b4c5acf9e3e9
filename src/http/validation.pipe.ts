import { Injectable } from '@nestjs/common';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import { Problem } from '../problems/problem.js';
import type { Fault } from '../problems/problem.js';

const OPTIONS: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: false,
  validationError: { target: false, value: false },
};

/**
 * Checks every body and query against its DTO class: a faulty body is a 422 with a JSON pointer for each fault,
 * a faulty query a 400. Nothing is converted on the way, and members that the class does not name are refused.
 */
@Injectable()
export class StrictValidationPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    if ((type !== 'body' && type !== 'query') || metatype === undefined || isPlain(metatype)) {
      return value;
    }
    if (type === 'body') {
      refuseOtherThanObject(value);
    }
    const members = { ...(value as object) };
    const instance = plainToInstance(metatype, members) as object;
    const errors = [...(await validate(instance, OPTIONS)), ...inheritedNames(members)];
    if (errors.length === 0) {
      return instance;
    }
    throw type === 'body' ? invalidBody(errors) : invalidQuery(errors);
  }
}

/** Members such as `toString`, which class-transformer leaves out without a word. */
function inheritedNames(members: object): ValidationError[] {
  return Object.keys(members)
    .filter(property => property in Object.prototype)
    .map(property => ({ property, constraints: { whitelistValidation: '' } }));
}

function isPlain(metatype: unknown): boolean {
  return [String, Boolean, Number, Array, Object].includes(metatype as never);
}

function refuseOtherThanObject(value: unknown): void {
  if (value === undefined) {
    throw new Problem('invalid_json', { detail: 'the body is missing: it takes a JSON object' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('validation_failed', {
      errors: [{ pointer: '', detail: 'must be an object' }],
    });
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

/** One fault a member: what a wrong type makes of the other rules would only repeat it. */
function faultsOf(error: ValidationError, path: string): Fault[] {
  const pointer = `${path}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const constraints = error.constraints ?? {};
  const own = 'whitelistValidation' in constraints ? ['is not known'] : Object.values(constraints);
  return [
    ...own.slice(0, 1).map(detail => ({ pointer, detail })),
    ...(error.children ?? []).flatMap(child => faultsOf(child, pointer)),
  ];
}
