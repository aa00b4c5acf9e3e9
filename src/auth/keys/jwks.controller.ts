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
        keys: {
          type: 'array',
          maxItems: 100,
          items: {
            type: 'object',
            required: ['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use'],
            properties: {
              kty: { type: 'string', enum: ['EC'] },
              crv: { type: 'string', enum: ['P-256'] },
              x: { type: 'string', maxLength: 43 },
              y: { type: 'string', maxLength: 43 },
              kid: { type: 'string', maxLength: 100 },
              alg: { type: 'string', enum: ['ES256'] },
              use: { type: 'string', enum: ['sig'] },
            },
          },
          example: [],
        },
      },
    },
  })
  jwks(): ReturnType<KeyRing['jwks']> {
    return this.keys.jwks();
  }
}
