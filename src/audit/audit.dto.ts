import { ApiProperty } from '@nestjs/swagger';
import { LIMIT } from '../lists/list-parameters.js';
import { PageResponse } from '../lists/member.dto.js';

export class EventResponse {
  @ApiProperty({ type: 'integer', format: 'int64' })
  id: number;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ maxLength: 100, example: 'login.succeeded' })
  action: string;

  @ApiProperty({
    type: 'string',
    nullable: true,
    maxLength: 36,
    example: '0b0f2f0e-6e0a-4a57-9f6e-0b5c3c2d1a90',
    description: 'public id of the user who did it, or `cli` or `system`',
  })
  actor: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    maxLength: 36,
    example: '0b0f2f0e-6e0a-4a57-9f6e-0b5c3c2d1a90',
    description: 'public id of the account',
  })
  subject: string | null;

  @ApiProperty({ maxLength: 45, example: '192.0.2.7' })
  address: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      '`count` and `last_at` stand for further events of one hour: the same, from the same network, without a login',
  })
  detail: Record<string, unknown>;
}

export class EventListResponse extends PageResponse {
  @ApiProperty({ type: [EventResponse], maxItems: LIMIT.max })
  events: EventResponse[];
}
