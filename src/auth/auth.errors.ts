import { Problem } from '../problems/problem.js';

const REALM = 'Bearer realm="library-api"';

/** No token at all (RFC 6750, 3.1: then without an error code). */
export const tokenMissing = (): Problem =>
  new Problem('token_missing', { headers: { 'www-authenticate': REALM } });

/** A token that is malformed, expired, revoked or not ours; which of these is not told. */
export const tokenInvalid = (): Problem =>
  new Problem('token_invalid', {
    headers: { 'www-authenticate': `${REALM}, error="invalid_token"` },
  });

/** A token given in two ways, or in a malformed one. */
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

/** The one answer to a login that fails, whatever it fails for. */
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

/** A password that cannot be one. */
export const passwordRefused = (fault: string, member = 'password'): Problem =>
  new Problem('validation_failed', {
    detail: `${member} ${fault}`,
    errors: [{ pointer: `/${member}`, detail: fault }],
  });
