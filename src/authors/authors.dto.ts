import { ApiProperty, PartialType } from '@nestjs/swagger';
import { LIMIT } from '../lists/list-parameters.js';
import {
  IgnoresReadOnly,
  ListResponse,
  PatchField,
  RequestField,
  ResponseField,
} from '../lists/member.dto.js';
import { AUTHORS } from './author.members.js';

const { members } = AUTHORS;

/** The fields that the owner writes. */
@IgnoresReadOnly(AUTHORS)
export class AuthorRequest {
  @RequestField(members.name) name: string;
  @RequestField(members.book) book: string;
  @RequestField(members.country) country?: string;
  @RequestField(members.booker_prize) booker_prize?: boolean;
}

/** A merge patch (RFC 7396) of these fields. */
@IgnoresReadOnly(AUTHORS)
export class AuthorPatchRequest {
  @PatchField(members.name) name?: string;
  @PatchField(members.book) book?: string;
  @PatchField(members.country) country?: string | null;
  @PatchField(members.booker_prize) booker_prize?: boolean | null;
}

export class AuthorResponse {
  @ResponseField(members.id) id: number;
  @ResponseField(members.name) name: string;
  @ResponseField(members.book) book: string;
  @ResponseField(members.country) country: string;
  @ResponseField(members.booker_prize) booker_prize: boolean;
  @ResponseField(members.version) version: number;
  @ResponseField(members.created_at) created_at: string;
  @ResponseField(members.updated_at) updated_at: string;
}

export class NewAuthorResponse extends AuthorResponse {
  @ApiProperty({ enum: ['new author created'] })
  message: 'new author created';
}

/** A record; with `fields`, only these fields. */
export class AuthorListItem extends PartialType(AuthorResponse) {}

export class AuthorListResponse extends ListResponse {
  @ApiProperty({ type: [AuthorListItem], maxItems: LIMIT.max })
  list_of_authors: AuthorListItem[];
}

export class AuthorsDeletedResponse {
  @ApiProperty({ enum: ['authors deleted'] })
  message: 'authors deleted';

  @ApiProperty({ type: 'integer', format: 'int64', minimum: 0, example: 12 })
  deleted: number;
}

export class AuthorDeletedResponse {
  @ApiProperty({ enum: ['Author deleted'] })
  message: 'Author deleted';
}
