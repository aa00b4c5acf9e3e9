import { ApiProperty } from '@nestjs/swagger';

const COUNT = { type: 'integer', format: 'int64', minimum: 0 } as const;

export class ImportErrorResponse {
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1 })
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

  @ApiProperty(COUNT)
  created: number;

  @ApiProperty(COUNT)
  updated: number;

  @ApiProperty({ ...COUNT, description: 'lines left out because their record already existed' })
  skipped: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', maxLength: 1000 },
    maxItems: 1000,
    description: 'the columns of a CSV file that no field is read from',
  })
  ignored_columns: string[];

  @ApiProperty({
    type: [ImportErrorResponse],
    maxItems: 1000,
    description: 'the first 1,000 faulty lines',
  })
  errors: ImportErrorResponse[];

  @ApiProperty({ ...COUNT, description: 'the number of faulty lines' })
  error_count: number;
}
