import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsString } from 'class-validator';
import { IfPresent } from '../../http/if-present.js';
import { CODE, OneTimeCodeResponse } from '../codes/codes.dto.js';
import { NAME_SCHEMA } from '../../users/users.dto.js';

export const PASSWORD_SCHEMA = {
  minLength: 8,
  maxLength: 256,
  format: 'password',
  description:
    'no control characters, not your name, not a common password; counted in code points after Unicode NFC',
  example: 'correct horse battery staple',
} as const;

const NEW_PASSWORD_SCHEMA = {
  ...PASSWORD_SCHEMA,
  example: 'violet lamp under the stairs',
} as const;

export class RegisterRequest {
  @ApiProperty(NAME_SCHEMA)
  @IsString({ message: 'must be a string' })
  name: string;

  @ApiProperty(PASSWORD_SCHEMA)
  @IsString({ message: 'must be a string' })
  password: string;
}

export class RegisterResponse {
  @ApiProperty({ enum: ['registered successfully'] })
  message: 'registered successfully';

  @ApiProperty({ format: 'uuid' })
  public_id: string;

  @ApiProperty({ example: 'Ada', maxLength: 50 })
  name: string;
}

export class NewUserRequest {
  @ApiProperty({ ...NAME_SCHEMA, example: 'Ben' })
  @IsString({ message: 'must be a string' })
  name: string;

  @ApiProperty({ required: false, description: 'false by default' })
  @IfPresent()
  @IsBoolean({ message: 'must be true or false' })
  admin?: boolean;
}

export class NewUserResponse extends OneTimeCodeResponse {
  @ApiProperty({ format: 'uuid' })
  public_id: string;

  @ApiProperty({ example: 'Ben', maxLength: 50 })
  name: string;

  @ApiProperty()
  admin: boolean;
}

export class PasswordConfirmation {
  @ApiProperty({ format: 'password', maxLength: 256, example: 'correct horse battery staple' })
  @IsString({ message: 'must be a string' })
  password: string;
}

export class ChangePasswordRequest {
  @ApiProperty({ format: 'password', maxLength: 256, example: 'correct horse battery staple' })
  @IsString({ message: 'must be a string' })
  current_password: string;

  @ApiProperty(NEW_PASSWORD_SCHEMA)
  @IsString({ message: 'must be a string' })
  new_password: string;

  @ApiProperty({
    required: false,
    description: 'keep your personal access tokens; false by default',
  })
  @IfPresent()
  @IsBoolean({ message: 'must be true or false' })
  keep_tokens?: boolean;
}

export class ResetPasswordRequest {
  @ApiProperty({ example: 'Ada', maxLength: 50 })
  @IsString({ message: 'must be a string' })
  name: string;

  @ApiProperty({
    description: 'the password-reset code from an admin',
    maxLength: 100,
    example: CODE,
  })
  @IsString({ message: 'must be a string' })
  code: string;

  @ApiProperty(NEW_PASSWORD_SCHEMA)
  @IsString({ message: 'must be a string' })
  new_password: string;
}
