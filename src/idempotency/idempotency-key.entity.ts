import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

/** A request that runs once, and its answer. */
@Entity('idempotency_keys')
@Index('idempotency_keys_expires_at', ['expiresAt'])
@Check('idempotency_keys_key_length', 'length("key") BETWEEN 1 AND 255')
export class IdempotencyKey {
  @PrimaryColumn({ type: 'bigint', name: 'user_id' })
  userId: number;

  @PrimaryColumn({ type: 'text' })
  route: string;

  @PrimaryColumn({ type: 'text' })
  key: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'idempotency_keys_user_id' })
  user?: User;

  /** The run that holds the key; only it may write the answer. */
  @Column({ type: 'text' })
  holder: string;

  /** After this time the run counts as dead (epoch milliseconds); it renews the time while it runs. */
  @Column({ type: 'bigint', name: 'held_until' })
  heldUntil: number;

  /** The digest of the request; null while it runs, as are the three below. */
  @Column({ type: 'text', nullable: true })
  fingerprint: string | null;

  @Column({ type: 'bigint', nullable: true })
  status: number | null;

  @Column({ type: 'text', nullable: true })
  headers: string | null;

  @Column({ type: 'text', nullable: true })
  body: string | null;

  @Column({ type: 'bigint', name: 'expires_at' })
  expiresAt: number;
}
