import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from './network.js';

/** Where a request comes from: the peer's address, or the one that a trusted proxy reports. */
export interface Origin {
  address: string;
  /** The `User-Agent`, cut to 200 characters; shown to the user, but not trusted. */
  userAgent?: string;
  requestId?: string;
}

/** The origin of commands on the command line. */
export const COMMAND_LINE: Origin = { address: 'cli' };

export function originOf(request: FastifyRequest): Origin {
  return {
    address: plainAddress(request.ip),
    userAgent: request.headers['user-agent']?.slice(0, 200),
    requestId: request.id,
  };
}

/** Injects the origin of the request. */
export const From = createParamDecorator((_: unknown, context: ExecutionContext): Origin =>
  originOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
