import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

export class RefreshRequest {
  @ApiProperty({ maxLength: 1000 })
  @IsString({ message: 'must be a string' })
  refresh_token: string;
}

/** The tokens of a session. */
export class TokenPairResponse {
  @ApiProperty({ maxLength: 2000, description: 'the access token, a JWT', example: 'eyJ…' })
  token: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type: 'Bearer';

  @ApiProperty({ type: 'integer', format: 'int32', description: 'seconds', example: 1800 })
  expires_in: number;

  @ApiProperty({ maxLength: 1000, description: 'exchange it once, at `POST /token/refresh`' })
  refresh_token: string;

  @ApiProperty({ type: 'integer', format: 'int32', description: 'seconds', example: 2592000 })
  refresh_expires_in: number;

  @ApiProperty({ maxLength: 64 })
  session_id: string;
}

export class LoginResponse extends TokenPairResponse {
  @ApiProperty({
    maxLength: 1000,
    description:
      'send it as `X-Device-Token` with later logins: strangers then cannot use up your tries',
  })
  device_token: string;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    description: 'failed logins of this name since the last successful one',
  })
  failed_logins: number;
}

export class SessionResponse {
  @ApiProperty({ maxLength: 64 })
  id: string;

  @ApiProperty({ maxLength: 45, example: '192.0.2.7' })
  address: string;

  @ApiProperty({ type: 'string', nullable: true, maxLength: 200, example: 'curl/8.5.0' })
  user_agent: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  last_used_at: string;

  @ApiProperty({ format: 'date-time' })
  expires_at: string;

  @ApiProperty({ description: 'whether this request belongs to it' })
  current: boolean;
}

export class SessionListResponse {
  @ApiProperty({ type: [SessionResponse], maxItems: 100 })
  sessions: SessionResponse[];
}
