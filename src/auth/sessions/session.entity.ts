import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** A session; its row is deleted when the session ends. */
@Entity('sessions')
@Index('sessions_user_created_at', ['userId', 'createdAt'])
@Index('sessions_expires_at', ['expiresAt'])
export class Session {
  /** 128 random bits, base64url; what an access token's `sid` names. */
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'bigint', name: 'user_id' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'sessions_user_id' })
  user: User;

  @Column({ type: 'text' })
  address: string;

  @Column({ type: 'text', name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'last_used_at' })
  lastUsedAt: number;

  /** When the refresh token expires unless it is used (epoch milliseconds). */
  @Column({ type: 'bigint', name: 'expires_at' })
  expiresAt: number;

  /** When the session ends, even if it is refreshed. */
  @Column({ type: 'bigint', name: 'ends_at' })
  endsAt: number;

  /** When this session last saw the user's password: at the login, or at a confirmation. */
  @Column({ type: 'bigint', name: 'confirmed_at', default: 0 })
  confirmedAt: number;

  /** How often the refresh token was exchanged: the token of this generation is the unused one. */
  @Column({ type: 'bigint', default: 0 })
  generation: number;

  /** JSON: `[generation, used at]` of recently used tokens. */
  @Column({ type: 'text', name: 'spent', default: '[]' })
  used: string;
}
