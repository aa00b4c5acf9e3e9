import type { Scope } from './principal.js';

/** The access rule of a route. Without one, the route accepts the session of any user. */
export interface AccessRule {
  /** Anyone may call, without a token. */
  public?: boolean;
  /** The caller must be an admin. */
  admin?: boolean;
  /** Also accepts a personal access token with this scope. */
  scope?: Scope;
  /** Also accepts any personal access token. */
  anyToken?: boolean;
  /** The session must have seen the user's password in the last five minutes. */
  fresh?: boolean;
}
