import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

export class RefreshRequest {
  @ApiProperty({ maxLength: 1000 })
  @IsString({ message: 'must be a string' })
  refresh_token: string;
}

/** The tokens of a session. */
export class TokenPairResponse {
  @ApiProperty({ description: 'the access token, a JWT' })
  token: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type: 'Bearer';

  @ApiProperty({ type: 'integer', format: 'int32', description: 'seconds', example: 1800 })
  expires_in: number;

  @ApiProperty({ description: 'exchange it once, at `POST /token/refresh`' })
  refresh_token: string;

  @ApiProperty({ type: 'integer', format: 'int32', description: 'seconds', example: 2592000 })
  refresh_expires_in: number;

  @ApiProperty()
  session_id: string;
}

export class LoginResponse extends TokenPairResponse {
  @ApiProperty({
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
  @ApiProperty()
  id: string;

  @ApiProperty({ example: '192.0.2.7' })
  address: string;

  @ApiProperty({ type: 'string', nullable: true })
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
  @ApiProperty({ type: [SessionResponse] })
  sessions: SessionResponse[];
}
