import { ApiProperty } from '@nestjs/swagger';

const COUNT = { type: 'integer', format: 'int64', minimum: 0 } as const;

export class ImportErrorResponse {
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1, example: 3 })
  line: number;

  @ApiProperty({
    maxLength: 1000,
    example: 'name is too long: it has 151 characters, at most 150 are allowed',
  })
  detail: string;
}

export class ImportResponse {
  @ApiProperty({ enum: ['authors imported'] })
  message: string;

  @ApiProperty({ ...COUNT, example: 60 })
  created: number;

  @ApiProperty({ ...COUNT, example: 0 })
  updated: number;

  @ApiProperty({
    ...COUNT,
    example: 0,
    description: 'lines left out because their record already existed',
  })
  skipped: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: 1000 },
    maxItems: 1000,
    example: [],
    description: 'columns of a CSV file that match no field',
  })
  ignored_columns: string[];

  @ApiProperty({
    type: [ImportErrorResponse],
    maxItems: 1000,
    example: [],
    description: 'the first 1,000 faulty lines',
  })
  errors: ImportErrorResponse[];

  @ApiProperty({ ...COUNT, example: 0, description: 'the number of faulty lines' })
  error_count: number;
}
