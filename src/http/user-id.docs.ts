import { ApiParam } from '@nestjs/swagger';

/** Documents the public id of a user in a path. */
export const USER_ID = ApiParam({
  name: 'public_id',
  description: 'as in `GET /users`',
  schema: { type: 'string', format: 'uuid' },
}) as MethodDecorator & ClassDecorator;
