import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { Scope } from '../../http/principal.js';
import { User } from '../../users/user.entity.js';

/** A personal access token. Long and random, so that a fast hash keeps it as safe as a slow one would. */
@Entity('personal_tokens')
@Index('personal_tokens_user', ['userId'])
@Index('personal_tokens_hash', ['hash'], { unique: true })
export class PersonalToken {
  /** A random UUID. */
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'bigint', name: 'user_id' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'personal_tokens_user_id' })
  user: User;

  /** SHA-256 of the token, base64url. */
  @Column({ type: 'text' })
  hash: string;

  @Column({ type: 'text' })
  name: string;

  /** Stored separated by spaces. */
  @Column({
    type: 'text',
    transformer: {
      to: (scopes: Scope[]) => scopes.join(' '),
      from: (text: string) => text.split(' ') as Scope[],
    },
  })
  scopes: Scope[];

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'last_used_at', nullable: true })
  lastUsedAt: number | null;

  @Column({ type: 'bigint', name: 'expires_at', nullable: true })
  expiresAt: number | null;
}
