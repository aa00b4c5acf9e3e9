import { ApiProperty } from '@nestjs/swagger';

export class ImportErrorResponse {
  @ApiProperty({ type: 'integer', format: 'int64', minimum: 1 })
  line: number;

  @ApiProperty({ example: 'name must be 1 to 50 characters' })
  detail: string;
}

export class ImportResponse {
  @ApiProperty({ example: 'authors imported' })
  message: string;

  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0 })
  created: number;

  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0 })
  updated: number;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    minimum: 0,
    description: 'lines left out because their record was there already',
  })
  skipped: number;

  @ApiProperty({
    type: [ImportErrorResponse],
    maxItems: 1000,
    description: 'the first 1,000 lines with a fault',
  })
  errors: ImportErrorResponse[];

  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0, description: 'all such lines' })
  error_count: number;
}
