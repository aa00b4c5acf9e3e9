import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

/** The query of a paged list. */
export class PageQuery {
  @ApiProperty({
    required: false,
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: 500,
    default: 100,
  })
  @IsOptional()
  @Matches(/^(?:[1-9]\d?|[1-4]\d\d|500)$/, { message: 'must be an integer from 1 to 500' })
  limit?: string;

  @ApiProperty({
    required: false,
    description: '`next_cursor` of the page before',
    maxLength: 2000,
  })
  @IsOptional()
  @IsString({ message: 'must be a cursor' })
  @MaxLength(2000, { message: 'must be a cursor' })
  cursor?: string;

  limitOr(standard: number): number {
    return this.limit === undefined ? standard : Number(this.limit);
  }
}
