import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-strategy';
import { couldNotVerify } from '../auth.errors.js';
import { readBasic } from './basic-credentials.js';

type Verified = (error: unknown, user?: unknown) => void;
type Verify = (request: FastifyRequest, name: string, password: string, done: Verified) => unknown;

/**
 * The Passport strategy beneath `BasicStrategy`. passport-http has one too, but it splits at every colon, takes
 * schemes that merely contain `Basic`, and decodes what is not UTF-8.
 */
export class Rfc7617Strategy extends Strategy {
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(request: Pick<FastifyRequest, 'headers'>): void {
    const credentials = readBasic(request.headers.authorization);
    if (credentials === undefined) {
      this.error(couldNotVerify());
      return;
    }
    this.verify(
      request as FastifyRequest,
      credentials.name,
      credentials.password,
      (error, user) => {
        if (error) {
          this.error(error as Error);
        } else {
          this.success(user as object);
        }
      },
    );
  }
}
