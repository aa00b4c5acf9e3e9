import type { Origin } from '../http/origin.js';

/** What security events are about; docs/security.md says when each happens. */
export const SECURITY_ACTIONS = [
  'login.succeeded',
  'login.failed',
  'login.throttled',
  'login.ticket_made',
  'session.logged_out',
  'session.ended',
  'session.others_ended',
  'session.confirmed',
  'session.refresh_reused',
  'token.created',
  'token.revoked',
  'password.changed',
  'password.refused',
  'password.reset_refused',
  'password.reset_started',
  'password.reset',
  'user.registered',
  'user.renamed',
  'user.promoted',
  'user.demoted',
  'user.disabled',
  'user.enabled',
  'user.removed',
  'backup.made',
] as const;

export type SecurityAction = (typeof SECURITY_ACTIONS)[number];

/** A security event to record. Never put a secret, password, token or typed name into `detail`. */
export interface SecurityEvent {
  action: SecurityAction;
  actor?: string;
  subject?: string;
  origin: Origin;
  detail?: Readonly<Record<string, string | number | boolean>>;
}
