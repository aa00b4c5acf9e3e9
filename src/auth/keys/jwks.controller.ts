import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../http/access.js';
import { KeyRing } from './key-ring.js';

@ApiTags('login')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  @Get('jwks.json')
  @Public()
  @ApiOperation({
    summary: 'Get the public keys of access tokens',
    operationId: 'getJwks',
    description:
      'A JSON Web Key Set (RFC 7517), for services that verify access tokens themselves. It is empty ' +
      'unless `JWT_ALGORITHM` is `ES256`, because `HS256` keys are secret.',
  })
  @ApiOkResponse({
    description: 'the public keys',
    schema: {
      type: 'object',
      required: ['keys'],
      properties: {
        keys: { type: 'array', maxItems: 100, items: { type: 'object' }, example: [] },
      },
    },
  })
  jwks(): ReturnType<KeyRing['jwks']> {
    return this.keys.jwks();
  }
}
