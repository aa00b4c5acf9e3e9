import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

/** A request that will be carried out once, and the answer that it was given. */
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

  /** Which run of the request holds the key; nobody else may write its answer. */
  @Column({ type: 'text' })
  holder: string;

  /** Until when that run is believed to be alive (epoch milliseconds); it renews this as it goes. */
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
