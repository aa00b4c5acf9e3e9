import { METRICS } from '../metrics/metrics.js';
import { Problem, retryLater } from '../problems/problem.js';

const REALM = 'Bearer realm="library-api"';

/** No token at all: no error code then (RFC 6750, 3.1). */
export const tokenMissing = (): Problem =>
  new Problem('token_missing', { headers: { 'www-authenticate': REALM } });

/** A malformed, expired, revoked or foreign token; the answer does not say which. */
export const tokenInvalid = (): Problem =>
  new Problem('token_invalid', {
    headers: { 'www-authenticate': `${REALM}, error="invalid_token"` },
  });

/** Two different tokens, or a malformed header. */
export const tokenAmbiguous = (detail: string): Problem =>
  new Problem('invalid_request', {
    detail,
    headers: { 'www-authenticate': `${REALM}, error="invalid_request"` },
  });

export const insufficientScope = (scope: string): Problem =>
  new Problem('insufficient_scope', {
    detail: `the token lacks the scope ${scope}`,
    headers: { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  });

export const sessionRequired = (): Problem =>
  new Problem('session_required', {
    headers: { 'www-authenticate': `${REALM}, error="insufficient_scope"` },
  });

export const adminRequired = (): Problem => new Problem('admin_required');

/** The header is that of RFC 9470. */
export const confirmationRequired = (maxAgeS: number): Problem =>
  new Problem('confirmation_required', {
    headers: {
      'www-authenticate': `${REALM}, error="insufficient_user_authentication", max_age="${maxAgeS}"`,
    },
  });

/** A code for the caller or for another admin: one stolen token would get it. */
export const commandLineOnly = (): Problem => new Problem('command_line_only');

/** The one answer to every login that fails. */
export const couldNotVerify = (): Problem =>
  new Problem('could_not_verify', {
    headers: { 'www-authenticate': 'Basic realm="login required", charset="UTF-8"' },
  });

export const refreshRefused = (): Problem => new Problem('refresh_refused');

export const sessionNotFound = (): Problem => new Problem('session_not_found');

export const tokenNotFound = (): Problem => new Problem('token_not_found');

export const tooManyTokens = (): Problem => new Problem('too_many_tokens');

export const registrationClosed = (): Problem => new Problem('registration_closed');

export const wrongPassword = (): Problem => new Problem('wrong_password');

export const codeRefused = (): Problem => new Problem('code_refused');

/** A new password that breaks a rule. */
export const passwordRefused = (fault: string, field: 'password' | 'new_password'): Problem =>
  new Problem('validation_failed', {
    detail: `${field} ${fault}`,
    errors: [{ pointer: `/${field}`, detail: fault }],
  });

/** A limit as it is published: its name, how many tries, in how many seconds. */
export interface Policy {
  readonly name: string;
  readonly quota: number;
  readonly windowS: number;
}

/** A limit is used up: `Retry-After` and the fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function tooManyRequests({ name, quota, windowS }: Policy, waitMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  METRICS.throttled.inc({ limit: name });
  return new Problem('too_many_requests', {
    headers: {
      ...retryLater('too_many_requests', seconds).headers,
      'ratelimit-policy': `"${name}";q=${quota};w=${windowS}`,
      ratelimit: `"${name}";r=0;t=${seconds}`,
    },
  });
}
