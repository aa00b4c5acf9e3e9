import { ApiProperty } from '@nestjs/swagger';
import { IgnoresReadOnly, ListResponse, RequestField, ResponseField } from '../lists/member.dto.js';
import { PUBLISHERS } from './publisher.members.js';

const { members } = PUBLISHERS;

@IgnoresReadOnly(PUBLISHERS)
export class PublisherRequest {
  @RequestField(members.name) name: string;
  @RequestField(members.city) city: string;
}

export class PublisherResponse {
  @ResponseField(members.id) id: number;
  @ResponseField(members.name) name: string;
  @ResponseField(members.city) city: string;
}

export class PublisherListResponse extends ListResponse {
  @ApiProperty({ type: [PublisherResponse] })
  publishers: PublisherResponse[];
}
