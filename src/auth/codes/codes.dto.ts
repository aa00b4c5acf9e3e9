import { ApiProperty } from '@nestjs/swagger';

export class OneTimeCodeResponse {
  @ApiProperty({ maxLength: 100, description: 'shown only once; hand it to the user' })
  code: string;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}
