import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import { LoginService } from './login/login.service.js';
import type { VerifiedLogin } from './login/login-records.js';
import { Rfc7617Strategy } from './login/rfc7617.strategy.js';
import { runStrategy } from './run-strategy.js';

/** Checks name and password of a login. */
@Injectable()
export class BasicStrategy extends PassportStrategy(Rfc7617Strategy, 'basic') {
  constructor(private readonly login: LoginService) {
    super();
  }

  /** Throws `could_not_verify`, `too_many_requests`, `unavailable`. */
  validate(request: FastifyRequest, name: string, password: string): Promise<VerifiedLogin> {
    return this.login.verify({
      name,
      password,
      origin: originOf(request),
      deviceToken: header(request, 'x-device-token'),
      ticket: header(request, 'x-login-ticket'),
    });
  }
}

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Demands a good Basic header; puts a `VerifiedLogin` on the request. */
@Injectable()
export class BasicGuard implements CanActivate {
  constructor(private readonly strategy: BasicStrategy) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: VerifiedLogin }>();
    request.user = await runStrategy(this.strategy, request);
    return true;
  }
}
