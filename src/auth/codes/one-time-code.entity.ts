import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** `login`: a ticket for one login from anywhere. `reset`: a code for a new password. */
export type CodePurpose = 'login' | 'reset';

/** A one-time code, one per user and purpose; a new one replaces the old. */
@Entity('one_time_codes')
@Index('one_time_codes_expires_at', ['expiresAt'])
@Check('one_time_codes_purpose', `"purpose" IN ('login', 'reset')`)
@Check('one_time_codes_hash_length', 'length("hash") = 43')
export class OneTimeCode {
  @PrimaryColumn({ type: 'bigint', name: 'user_id' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'one_time_codes_user_id' })
  user?: unknown;

  @PrimaryColumn({ type: 'text', name: 'purpose' })
  purpose: CodePurpose;

  /** See CodeDigest. */
  @Column({ type: 'text', name: 'locator' })
  locator: string;

  @Column({ type: 'text', name: 'hash' })
  hash: string;

  @Column({ type: 'bigint', name: 'tries' })
  tries: number;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'expires_at' })
  expiresAt: number;
}
