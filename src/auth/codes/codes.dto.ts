import { ApiProperty } from '@nestjs/swagger';

export const CODE = '7K3M-9QXW-2RTB-0VHN-5GZJ-8CDF-4YPS-6EA1';

export class OneTimeCodeResponse {
  @ApiProperty({
    maxLength: 100,
    description: 'shown only once; give it to the user',
    example: CODE,
  })
  code: string;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}
