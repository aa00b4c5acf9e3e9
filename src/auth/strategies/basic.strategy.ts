import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { BasicStrategy as HttpBasicStrategy } from 'passport-http';
import { originOf } from '../../http/origin.js';
import { CredentialsService } from '../passwords/credentials.service.js';
import type { LoginAttempt, VerifiedLogin } from '../passwords/credentials.service.js';

const HEADER = /^basic ([A-Za-z0-9+/]*={0,2})$/i;
const MAX_LENGTH = 4096;

/** What `validate` needs of a request, besides name and password. */
type LoginRequest = Pick<LoginAttempt, 'origin' | 'deviceToken' | 'ticket'>;

/** Authenticates a login by name and password (RFC 7617). */
@Injectable()
export class BasicStrategy extends PassportStrategy(HttpBasicStrategy, 'basic') {
  constructor(private readonly credentials: CredentialsService) {
    super({ passReqToCallback: true });
  }

  /**
   * Gives passport-http only what it cannot misread: it splits at every colon, takes any scheme that contains
   * `Basic`, and decodes broken UTF-8. Anything but a strict RFC 7617 header becomes no header.
   */
  override authenticate(given: object): void {
    const request = given as FastifyRequest;
    const login: LoginRequest = {
      origin: originOf(request),
      deviceToken: header(request, 'x-device-token'),
      ticket: header(request, 'x-login-ticket'),
    };
    const authorization = encodeStrictly(request.headers.authorization);
    super.authenticate({ ...login, headers: { authorization } } as never);
  }

  /** Throws `could_not_verify`, `too_many_requests`, `unavailable`. */
  validate(request: LoginRequest, name: string, password: string): Promise<VerifiedLogin> {
    const { origin, deviceToken, ticket } = request;
    return this.credentials.verifyLogin({
      name: decodeURIComponent(name),
      password: decodeURIComponent(password),
      origin,
      deviceToken,
      ticket,
    });
  }
}

/** A Basic header with name and password percent-encoded; undefined unless the given one follows RFC 7617. */
function encodeStrictly(authorization = ''): string | undefined {
  const [, base64] = (authorization.length <= MAX_LENGTH && HEADER.exec(authorization)) || [];
  const text = base64 === undefined ? undefined : decodeUtf8(base64);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0 || /\p{Cc}/u.test(text)) {
    return undefined;
  }
  const parts = [text.slice(0, colon), text.slice(colon + 1)];
  return `Basic ${Buffer.from(parts.map(encodeURIComponent).join(':')).toString('base64')}`;
}

function decodeUtf8(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) {
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
