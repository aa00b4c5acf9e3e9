import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { ApiQueryOptions } from '@nestjs/swagger';
import { Allow, ValidateBy } from 'class-validator';
import { memberFault } from './resource.js';
import type { Member, Resource } from './resource.js';

export type Schema = Extract<ApiQueryOptions, { schema: unknown }>['schema'];

/** A field of a request: required unless the member has a default. */
export const RequestField = (member: Member): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ ...documented(member), required: !hasDefault(member) } as object),
    IsValid(value => (value === null ? 'must not be null' : memberFault(member, value))),
  );

/** A field of a merge patch (RFC 7396): never required; null means the default, if the member has one. */
export const PatchField = (member: Member): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      ...documented(member),
      required: false,
      ...(hasDefault(member) && { nullable: true, description: 'null restores the default' }),
    } as object),
    IsValid(value => (value === undefined ? undefined : memberFault(member, value))),
  );

/** A field of a response. */
export const ResponseField = (member: Member): PropertyDecorator =>
  ApiProperty({
    ...documented(member),
    ...(!('written' in member) && { readOnly: true }),
  } as object);

/** What a page has in addition to its items. */
export class PageResponse {
  @ApiProperty({
    type: 'string',
    nullable: true,
    maxLength: 2000,
    example: null,
    description: 'send it as `cursor` to get the next page; null on the last page',
  })
  next_cursor: string | null;
}

/** A page of a resource's list, which can be counted. */
export class ListResponse extends PageResponse {
  @ApiProperty({
    type: 'integer',
    format: 'int32',
    required: false,
    maximum: 10_000,
    description: 'with `count=true`: the number of records in the list',
  })
  total?: number;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    required: false,
    enum: [10_000],
    description: 'with `count=true`: instead of `total`, if there are more',
  })
  total_at_least?: number;
}

/** Lets a request contain the read-only fields, so that clients can send back what they received. */
export const IgnoresReadOnly =
  ({ names, written, members }: Resource): ClassDecorator =>
  ({ prototype }) =>
    names
      .filter(name => !written.includes(name))
      .forEach(name => {
        Allow()(prototype as object, name);
        ApiProperty({ ...documented(members[name]), required: false, readOnly: true } as object)(
          prototype as object,
          name,
        );
      });

/** The JSON schema of a member's values. */
export function schemaOf(member: Member): Schema {
  switch (member.type) {
    case 'text':
      return { type: 'string', minLength: member.min, maxLength: member.max };
    case 'integer':
      return { type: 'integer', format: 'int64', minimum: member.min, maximum: member.max };
    case 'boolean':
      return { type: 'boolean' };
    case 'time':
      return { type: 'string', format: 'date-time', maxLength: 40 };
  }
}

function documented(member: Member): Schema {
  const { description, example } = member;
  // Not `default`: generators of clients then make the field required.
  const texts = [description, hasDefault(member) && `${JSON.stringify(member.default)} by default`];
  return {
    ...schemaOf(member),
    ...(texts.some(Boolean) && { description: texts.filter(Boolean).join('; ') }),
    ...(example !== undefined && { example }),
  };
}

function hasDefault(member: Member): member is Member & { default: string | number | boolean } {
  return 'default' in member;
}

function IsValid(faultOf: (value: unknown) => string | undefined): PropertyDecorator {
  return ValidateBy({
    name: 'member',
    validator: {
      validate: value => faultOf(value) === undefined,
      defaultMessage: args => faultOf(args?.value) ?? '',
    },
  });
}
