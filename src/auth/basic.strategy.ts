import { Injectable } from '@nestjs/common';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import { LoginService } from './login/login.service.js';
import type { VerifiedLogin } from './login/login-records.js';
import { Rfc7617Strategy } from './login/rfc7617.strategy.js';

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
export class BasicGuard extends AuthGuard('basic') {
  override handleRequest<T>(error: unknown, user: T): T {
    if (error) {
      throw error;
    }
    return user;
  }
}
