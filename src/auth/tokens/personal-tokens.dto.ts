import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  Max,
  Min,
} from 'class-validator';
import { SCOPES } from '../../http/principal.js';
import type { Scope } from '../../http/principal.js';
import { IsText } from '../../http/text.js';

const DAYS = { min: 1, max: 3650 } as const;

export class NewPersonalTokenRequest {
  @ApiProperty({ minLength: 1, maxLength: 50, example: 'backup script' })
  @IsText({ min: 1, max: 50 })
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true, minItems: 1, maxItems: SCOPES.length })
  @IsIn(SCOPES, { each: true, message: `must be some of ${SCOPES.join(', ')}` })
  @ArrayUnique({ message: 'must not name a scope twice' })
  @ArrayNotEmpty({ message: 'must name at least one scope' })
  @IsArray({ message: 'must be an array' })
  scopes: Scope[];

  @ApiProperty({
    required: false,
    nullable: true,
    type: 'integer',
    format: 'int32',
    minimum: DAYS.min,
    maximum: DAYS.max,
    example: 90,
    description: 'without it, or with null, the token does not expire',
  })
  @IsOptional()
  @IsInt({ message: `must be an integer from ${DAYS.min} to ${DAYS.max}` })
  @Min(DAYS.min, { message: `must be an integer from ${DAYS.min} to ${DAYS.max}` })
  @Max(DAYS.max, { message: `must be an integer from ${DAYS.min} to ${DAYS.max}` })
  expires_in_days?: number | null;
}

export class PersonalTokenResponse {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ maxLength: 50, example: 'backup script' })
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true, maxItems: SCOPES.length })
  scopes: Scope[];

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' })
  last_used_at: string | null;

  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' })
  expires_at: string | null;
}

export class NewPersonalTokenResponse extends PersonalTokenResponse {
  @ApiProperty({ maxLength: 100, description: 'shown only once', example: 'lib_pat_…' })
  token: string;
}

export class PersonalTokenListResponse {
  @ApiProperty({ type: [PersonalTokenResponse], maxItems: 100 })
  tokens: PersonalTokenResponse[];
}
