import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

export const SESSION_ID = 'gOnKYVvQprKVFBczXpF8hw';
const REFRESH_TOKEN = 'lib_rt_gOnKYVvQprKVFBczXpF8hw.0.U3Tv…';

export class RefreshRequest {
  @ApiProperty({ maxLength: 1000, example: REFRESH_TOKEN })
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

  @ApiProperty({
    maxLength: 1000,
    description: 'exchange it once, at `POST /token/refresh`',
    example: REFRESH_TOKEN,
  })
  refresh_token: string;

  @ApiProperty({ type: 'integer', format: 'int32', description: 'seconds', example: 2592000 })
  refresh_expires_in: number;

  @ApiProperty({ maxLength: 64, example: SESSION_ID })
  session_id: string;
}

export class LoginResponse extends TokenPairResponse {
  @ApiProperty({
    maxLength: 1000,
    description:
      'send it as `X-Device-Token` with later logins, so that others cannot use up your tries',
    example: 'JY6qAoSZ…',
  })
  device_token: string;

  @ApiProperty({
    type: 'integer',
    format: 'int32',
    example: 0,
    description: 'failed logins of this name since the last successful one',
  })
  failed_logins: number;
}

export class SessionResponse {
  @ApiProperty({ maxLength: 64, example: SESSION_ID })
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

  @ApiProperty({ description: 'whether this request belongs to it', example: true })
  current: boolean;
}

export class SessionListResponse {
  @ApiProperty({ type: [SessionResponse], maxItems: 100 })
  sessions: SessionResponse[];
}
