/** What a personal access token may do. */
export const SCOPES = ['authors:read', 'authors:write', 'users:read', 'metrics:read'] as const;

export type Scope = (typeof SCOPES)[number];

/** The caller. The guard puts it on the request; features only read it. */
export interface Principal {
  readonly userId: number;
  readonly publicId: string;
  readonly name: string;
  readonly admin: boolean;
  /** The session of an access token; absent with a personal access token. */
  readonly sessionId?: string;
  /** When the session last saw the user's password (epoch milliseconds). */
  readonly confirmedAt?: number;
  /** The scopes of a personal access token; absent with a session, which may do all its user may. */
  readonly scopes?: readonly Scope[];
}
