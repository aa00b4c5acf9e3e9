import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A bucket that tries are counted in; see gcra.ts. */
@Entity('auth_throttle')
@Index('auth_throttle_expires_at', ['expiresAt'])
@Check('auth_throttle_k_length', 'length("k") BETWEEN 3 AND 128')
export class ThrottleBucket {
  /** What is counted: a letter for the kind, a colon, and an address, a network or a keyed digest; never a name. */
  @PrimaryColumn({ type: 'text', name: 'k' })
  key: string;

  /** Epoch milliseconds at which it is empty. */
  @Column({ type: 'bigint', name: 'tat' })
  tat: number;

  /** Tries since the last success. */
  @Column({ type: 'bigint', name: 'failures' })
  failures: number;

  /** Epoch milliseconds from which the row tells nothing any more. */
  @Column({ type: 'bigint', name: 'expires_at' })
  expiresAt: number;
}
