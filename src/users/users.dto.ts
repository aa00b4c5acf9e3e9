import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsString } from 'class-validator';
import { IfPresent } from '../http/if-present.js';
import { LIMIT } from '../lists/list-parameters.js';
import { PageResponse } from '../lists/member.dto.js';

export const NAME_SCHEMA = {
  minLength: 1,
  maxLength: 50,
  description:
    'no colon, no control, zero-width or bidirectional characters; counted after trimming and Unicode NFKC',
  example: 'Ada',
} as const;

export class RenameRequest {
  @ApiProperty({ ...NAME_SCHEMA, example: 'Ada Lovelace' })
  @IsString({ message: 'must be a string' })
  name: string;
}

export class UserRightsRequest {
  @ApiProperty({ required: false })
  @IfPresent()
  @IsBoolean({ message: 'must be true or false' })
  admin?: boolean;

  @ApiProperty({
    required: false,
    description: 'a disabled user cannot log in; all their tokens end',
  })
  @IfPresent()
  @IsBoolean({ message: 'must be true or false' })
  disabled?: boolean;
}

export class UserResponse {
  @ApiProperty({ format: 'uuid' })
  public_id: string;

  @ApiProperty({ example: 'Ada', maxLength: 50 })
  name: string;

  @ApiProperty()
  admin: boolean;

  @ApiProperty()
  disabled: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

export class UserListResponse extends PageResponse {
  @ApiProperty({ type: [UserResponse], maxItems: LIMIT.max })
  users: UserResponse[];
}
