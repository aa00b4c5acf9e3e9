import type { Principal } from '../http/principal.js';

/** Who did it, in security events. */
export const ACTOR = 'cli';

/** The caller of services that want one. */
export const OPERATOR: Principal = { userId: 0, publicId: ACTOR, name: ACTOR, admin: true };
