import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, ValidateIf } from 'class-validator';
import { IsText } from '../http/text.js';

const TEXT = { min: 1, max: 50 } as const;
const TEXT_SCHEMA = { minLength: 1, maxLength: 50 } as const;

/** The part of a record that its owner writes. */
export class AuthorRequest {
  @ApiProperty({ ...TEXT_SCHEMA, example: 'Margaret Atwood' })
  @IsText(TEXT)
  name: string;

  @ApiProperty({ ...TEXT_SCHEMA, example: 'The Testaments' })
  @IsText(TEXT)
  book: string;

  @ApiProperty({ ...TEXT_SCHEMA, example: 'Canada' })
  @IsText(TEXT)
  country: string;

  @ApiProperty({ type: Boolean, required: false, default: false })
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  booker_prize?: boolean;
}

/** Takes a member that is absent, not one that is null: to remove it would leave no record. */
const IfPresent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** A merge patch (RFC 7396) of that part. */
export class AuthorPatchRequest {
  @ApiProperty({ ...TEXT_SCHEMA, required: false, example: 'Margaret Atwood' })
  @IfPresent()
  @IsText(TEXT)
  name?: string;

  @ApiProperty({ ...TEXT_SCHEMA, required: false, example: 'The Testaments' })
  @IfPresent()
  @IsText(TEXT)
  book?: string;

  @ApiProperty({ ...TEXT_SCHEMA, required: false, example: 'Canada' })
  @IfPresent()
  @IsText(TEXT)
  country?: string;

  @ApiProperty({
    type: Boolean,
    required: false,
    nullable: true,
    description: 'null takes it back to the default',
  })
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  booker_prize?: boolean | null;
}

export class AuthorResponse {
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1, example: 7 })
  id: number;

  @ApiProperty({ ...TEXT_SCHEMA, example: 'Margaret Atwood' })
  name: string;

  @ApiProperty({ ...TEXT_SCHEMA, example: 'The Testaments' })
  book: string;

  @ApiProperty({ ...TEXT_SCHEMA, example: 'Canada' })
  country: string;

  @ApiProperty({ example: true })
  booker_prize: boolean;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    minimum: 1,
    description: 'counts the changes, from 1',
  })
  version: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class NewAuthorResponse extends AuthorResponse {
  @ApiProperty({ example: 'new author created' })
  message: string;
}

export class AuthorListResponse {
  @ApiProperty({ type: [AuthorResponse] })
  list_of_authors: AuthorResponse[];

  @ApiProperty({ type: 'string', nullable: true, description: 'the `cursor` of the next page' })
  next_cursor: string | null;
}

export class AuthorDeletedResponse {
  @ApiProperty({ example: 'Author deleted' })
  message: string;
}
