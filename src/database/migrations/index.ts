import type { MigrationInterface } from 'typeorm';
import { Users1700000000100 } from './1700000000100-users.js';
import { SigningKeys1700000000200 } from './1700000000200-signing-keys.js';
import { Sessions1700000000250 } from './1700000000250-sessions.js';
import { Throttle1700000000300 } from './1700000000300-throttle.js';
import { Events1700000000400 } from './1700000000400-events.js';
import { Authors1700000000500 } from './1700000000500-authors.js';
import { Idempotency1700000000600 } from './1700000000600-idempotency.js';
import { PendingImports1700000000700 } from './1700000000700-pending-imports.js';
import { DropPendingImports1700000000800 } from './1700000000800-drop-pending-imports.js';
import { ConfirmedSessions1700000000900 } from './1700000000900-confirmed-sessions.js';
import { EventCounts1700000001300 } from './1700000001300-event-counts.js';

/** Every migration, oldest first; never edit one that was released. */
export const migrations: (new () => MigrationInterface)[] = [
  Users1700000000100,
  SigningKeys1700000000200,
  Sessions1700000000250,
  Throttle1700000000300,
  Events1700000000400,
  Authors1700000000500,
  Idempotency1700000000600,
  PendingImports1700000000700,
  DropPendingImports1700000000800,
  ConfirmedSessions1700000000900,
  EventCounts1700000001300,
];
