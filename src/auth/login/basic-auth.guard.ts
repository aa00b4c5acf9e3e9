import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { couldNotVerify } from '../auth.errors.js';
import { BasicStrategy } from '../strategies/basic.strategy.js';

/** Guards a login: demands a good Basic header and puts a `VerifiedLogin` on the request. */
@Injectable()
export class BasicAuthGuard extends AuthGuard() {
  constructor(strategy: BasicStrategy) {
    super({
      // An object per request: Passport writes each request's `success` and `fail` onto what it gets.
      get defaultStrategy() {
        return Object.create(strategy) as BasicStrategy;
      },
      session: false,
    });
  }

  /** HEAD must change nothing (RFC 9110, 9.2.1): no password is checked, and the answer is that without one. */
  override canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    if (context.switchToHttp().getRequest<FastifyRequest>().method === 'HEAD') {
      throw couldNotVerify();
    }
    return super.canActivate(context);
  }

  /** Throws the problem that the strategy met, else `could_not_verify`. */
  override handleRequest<T>(error: unknown, user: T | false): T {
    if (!user) {
      throw error ?? couldNotVerify();
    }
    return user;
  }
}
