import type { ProblemCode } from './problem.js';

/** Why a problem happens, and what the caller can do. */
export interface Help {
  cause: string;
  remedy: string;
}

/** The texts of the problem pages. */
export const HELP: Readonly<Partial<Record<ProblemCode, Help>>> = {
  invalid_request: {
    cause: 'The request breaks a rule of HTTP or of this API; the detail says which.',
    remedy: 'Correct the request. Repeating it unchanged gives the same answer.',
  },
  invalid_json: {
    cause: 'The body is missing, is not JSON in UTF-8, or has a key twice.',
    remedy:
      'Send one JSON object, such as `{"name": "Ada"}`, with `Content-Type: application/json`.',
  },
  invalid_query: {
    cause: 'A query parameter is unknown, appears twice, or has a value that it does not take.',
    remedy: 'Look up the parameters of the route in the documentation.',
  },
  token_missing: {
    cause: 'The route needs a token, and the request has none.',
    remedy: 'Log in with `POST /login` and send the token: `Authorization: Bearer TOKEN`.',
  },
  token_invalid: {
    cause: 'The token has expired, was revoked, or was changed on its way.',
    remedy: 'Exchange the refresh token at `POST /token/refresh`, or log in again.',
  },
  could_not_verify: {
    cause: 'Name and password do not match, or the `Authorization` header is not HTTP Basic.',
    remedy: 'Check both. The answer is the same whether or not the name exists.',
  },
  refresh_refused: {
    cause: 'The refresh token was used before, has expired, or its session has ended.',
    remedy: 'Log in again. If you did not end the session, someone else may have had the token.',
  },
  insufficient_scope: {
    cause: 'The personal access token does not have the scope that this route needs.',
    remedy: 'Create a token with the scope that the detail names.',
  },
  session_required: {
    cause: 'A personal access token cannot change accounts, sessions or tokens.',
    remedy: 'Log in and use the token of the session.',
  },
  admin_required: {
    cause: 'Only an admin may do this.',
    remedy: 'Ask an admin of this server.',
  },
  confirmation_required: {
    cause: 'The session has not seen your password in the last 5 minutes.',
    remedy: 'Send the password to `POST /sessions/confirm`, then repeat the request.',
  },
  command_line_only: {
    cause: 'With such a code, a stolen token would be enough to take over an admin account.',
    remedy: 'Create it on the command line of the server.',
  },
  registration_closed: {
    cause: 'On this server only admins create accounts.',
    remedy: 'Ask an admin for an account.',
  },
  wrong_password: {
    cause: 'The password in the body is not yours.',
    remedy: 'Check it. Tries are limited, as at a login.',
  },
  code_refused: {
    cause: 'The code is wrong, was used before, or has expired.',
    remedy: 'Ask for a new code.',
  },
  route_not_found: {
    cause: 'No route has this path.',
    remedy: 'Compare the path with the documentation. A slash may be missing or too many.',
  },
  author_not_found: {
    cause: 'You have no record with this id. A record of another user looks the same.',
    remedy: 'List your records with `GET /authors`.',
  },
  user_not_found: {
    cause: 'No user has this public id.',
    remedy: 'List the users with `GET /users`.',
  },
  session_not_found: {
    cause: 'You have no session with this id, or it has ended.',
    remedy: 'List your sessions with `GET /sessions`.',
  },
  token_not_found: {
    cause: 'You have no personal access token with this id.',
    remedy: 'List your tokens with `GET /tokens`.',
  },
  method_not_allowed: {
    cause: 'The path exists, but not for this method.',
    remedy: 'Use one of the methods in the `Allow` header of the answer.',
  },
  not_acceptable: {
    cause: 'The `Accept` header leaves no media type that this route produces.',
    remedy: 'Accept `application/json`, or leave the header out.',
  },
  request_timeout: {
    cause: 'The request arrived too slowly, or not to its end.',
    remedy: 'Send it again, over a better connection or in smaller parts.',
  },
  name_taken: {
    cause: 'Another user has this name. Case makes no difference.',
    remedy: 'Choose another name.',
  },
  author_exists: {
    cause:
      'You already have a record with this name and book. Case and accents make no difference.',
    remedy: 'Change the record that you have: `GET /authors?q=…` finds it.',
  },
  last_admin: {
    cause: 'Without this admin, no user could administer the server.',
    remedy: 'Make another user an admin first.',
  },
  idempotency_in_progress: {
    cause: 'The first request with this `Idempotency-Key` has not ended yet.',
    remedy: 'Wait the seconds that `Retry-After` says, then repeat it with the same key.',
  },
  precondition_failed: {
    cause: 'The record has changed since you read it.',
    remedy: 'Read it again, apply your change, and send its new `ETag` as `If-Match`.',
  },
  body_too_large: {
    cause: 'The body is longer than this server accepts.',
    remedy: 'Send less at once. Files go to `POST /authors/import`, which has no such limit.',
  },
  uri_too_long: {
    cause: 'The address of the request is too long.',
    remedy: 'Shorten the query.',
  },
  unsupported_media_type: {
    cause: 'The route does not accept a body of this Content-Type.',
    remedy: 'Send one of the types in the `Accept-Post` or `Accept-Patch` header of the answer.',
  },
  expectation_failed: {
    cause: 'The `Expect` header asks for something that the server does not do.',
    remedy: 'Leave the header out, or send `Expect: 100-continue`.',
  },
  validation_failed: {
    cause: 'The body is JSON, but some of its fields are not valid.',
    remedy: 'Each entry of `errors` names a field and what is wrong with it.',
  },
  import_refused: {
    cause: 'Some lines of the file have faults, so that nothing was stored.',
    remedy: 'Correct the lines that `errors` names, or import the good ones with `on_error=skip`.',
  },
  idempotency_mismatch: {
    cause: 'This `Idempotency-Key` was used for a request with another body.',
    remedy: 'Use a new key for each new request.',
  },
  too_many_requests: {
    cause:
      'You have reached a limit: of logins with one name, of requests from one network, or of long requests at the same time.',
    remedy: 'Wait the seconds that `Retry-After` says. `RateLimit` names the limit.',
  },
  headers_too_large: {
    cause: 'The header fields of the request have more than 16 kB.',
    remedy: 'Send fewer or shorter header fields.',
  },
  internal_error: {
    cause: 'The server has a defect. Its log has the details under the `request_id` of the answer.',
    remedy: 'Tell the operator this id.',
  },
  unavailable: {
    cause: 'The database cannot be reached or is busy, or the server is shutting down.',
    remedy: 'Wait the seconds that `Retry-After` says, then repeat the request.',
  },
  quota_exceeded: {
    cause: 'Your account has as much as it may have; `quota` and `limit` say of what.',
    remedy: 'Delete what you no longer need, or ask the operator for more.',
  },
  storage_full: {
    cause: 'The disk of the server is full. Nothing was stored.',
    remedy: 'Repeat the request later.',
  },
};
