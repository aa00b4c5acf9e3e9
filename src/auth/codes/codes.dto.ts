import { ApiProperty } from '@nestjs/swagger';

export class OneTimeCodeResponse {
  @ApiProperty({ description: 'shown only once; hand it to the user' })
  code: string;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}
