import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A bucket that counts tries; see limits.ts. */
@Entity('auth_throttle')
@Index('auth_throttle_expires_at', ['expiresAt'])
@Check('auth_throttle_k_length', 'length("k") BETWEEN 3 AND 128')
export class ThrottleBucket {
  /** The kind, a colon, and an address, a network or a keyed digest; never a name. */
  @PrimaryColumn({ type: 'text', name: 'k' })
  key: string;

  /** When it is empty (epoch milliseconds). */
  @Column({ type: 'bigint', name: 'tat' })
  tat: number;

  /** Tries since the last success. */
  @Column({ type: 'bigint', name: 'failures' })
  failures: number;

  /** From when on the row can be deleted (epoch milliseconds). */
  @Column({ type: 'bigint', name: 'expires_at' })
  expiresAt: number;
}
