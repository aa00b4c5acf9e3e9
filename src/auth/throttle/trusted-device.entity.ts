import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** A device from which a user has logged in. Times are epoch milliseconds. */
@Entity('trusted_devices')
@Index('trusted_devices_user', ['userId', 'lastUsedAt'])
@Index('trusted_devices_last_used_at', ['lastUsedAt'])
@Check('trusted_devices_hash_length', 'length("hash") = 43')
export class TrustedDevice {
  /** SHA-256 of the device token, base64url. */
  @PrimaryColumn({ type: 'text', name: 'hash' })
  hash: string;

  @Column({ type: 'bigint', name: 'user_id' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'trusted_devices_user_id' })
  user?: unknown;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'last_used_at' })
  lastUsedAt: number;

  /** Failed logins with it since the last successful one. */
  @Column({ type: 'bigint', name: 'failures' })
  failures: number;
}
