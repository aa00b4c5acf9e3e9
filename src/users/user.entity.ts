import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** An account. */
@Entity('users')
@Index('users_public_id', ['publicId'], { unique: true })
@Index('users_name_key', ['nameKey'], { unique: true })
@Check('users_name_length', 'length("name") BETWEEN 1 AND 50')
export class User {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id: number;

  /** What others may know it by: a random UUID, never used again. */
  @Column({ type: 'text', name: 'public_id' })
  publicId: string;

  @Column({ type: 'text' })
  name: string;

  /** The name folded for comparison, so that both databases agree on what is the same name. */
  @Column({ type: 'text', name: 'name_key' })
  nameKey: string;

  @Column({ type: 'text', name: 'password_hash' })
  passwordHash: string;

  @Column({ type: 'boolean', default: false })
  admin: boolean;

  @Column({ type: 'boolean', default: false })
  disabled: boolean;

  /** Sessions and tokens made before this moment (epoch milliseconds) are dead for good. */
  @Column({ type: 'bigint', name: 'tokens_valid_from' })
  tokensValidFrom: number;

  /** Failed logins since the last good one, to be told at the next. */
  @Column({ type: 'bigint', name: 'failed_logins', default: 0 })
  failedLogins: number;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'updated_at' })
  updatedAt: number;
}
