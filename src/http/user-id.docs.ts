import { ApiParam } from '@nestjs/swagger';

/** Documents the public id of a user in a path. */
export const USER_ID = ApiParam({
  name: 'public_id',
  description: 'as in `GET /users`',
  schema: { type: 'string', format: 'uuid', examples: ['0b0f2f0e-6e0a-4a57-9f6e-0b5c3c2d1a90'] },
}) as MethodDecorator & ClassDecorator;
