import { Event } from '../audit/event.entity.js';
import { SigningKey } from '../auth/keys/signing-key.entity.js';
import { Session } from '../auth/sessions/session.entity.js';
import { ThrottleBucket } from '../auth/throttle/bucket.entity.js';
import { KnownNetwork } from '../auth/throttle/known-network.entity.js';
import { OneTimeCode } from '../auth/codes/one-time-code.entity.js';
import { TrustedDevice } from '../auth/throttle/trusted-device.entity.js';
import { PersonalToken } from '../auth/tokens/personal-token.entity.js';
import { Author } from '../authors/author.entity.js';
import { IdempotencyKey } from '../idempotency/idempotency-key.entity.js';
import { User } from '../users/user.entity.js';

/** Every entity of the product; each feature lists its own. */
export const entities: (new () => object)[] = [
  User,
  SigningKey,
  Session,
  PersonalToken,
  ThrottleBucket,
  TrustedDevice,
  KnownNetwork,
  OneTimeCode,
  Event,
  Author,
  IdempotencyKey,
];
