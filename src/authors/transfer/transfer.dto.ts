import { ApiProperty } from '@nestjs/swagger';

const COUNT = { type: 'integer', format: 'int64', minimum: 0 } as const;

export class ImportErrorResponse {
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1 })
  line: number;

  @ApiProperty({ example: 'name must be 1 to 50 characters' })
  detail: string;
}

export class ImportResponse {
  @ApiProperty({ example: 'authors imported' })
  message: string;

  @ApiProperty(COUNT)
  created: number;

  @ApiProperty(COUNT)
  updated: number;

  @ApiProperty({ ...COUNT, description: 'lines left out because their record already existed' })
  skipped: number;

  @ApiProperty({
    type: [String],
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
