import { Check, Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A user account. */
@Entity('users')
@Index('users_public_id', ['publicId'], { unique: true })
@Index('users_name_key', ['nameKey'], { unique: true })
@Check('users_name_length', 'length("name") BETWEEN 1 AND 50')
export class User {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id: number;

  /** A random UUID, which others may know; never used again. */
  @Column({ type: 'text', name: 'public_id' })
  publicId: string;

  @Column({ type: 'text' })
  name: string;

  /** The name folded for comparison: both databases agree which names are the same. */
  @Column({ type: 'text', name: 'name_key' })
  nameKey: string;

  /** In no row that does not ask for it by name. */
  @Column({ type: 'text', name: 'password_hash', select: false })
  passwordHash: string;

  @Column({ type: 'boolean', default: false })
  admin: boolean;

  @Column({ type: 'boolean', default: false })
  disabled: boolean;

  /** Sessions and tokens made before this moment (epoch milliseconds) have ended. */
  @Column({ type: 'bigint', name: 'tokens_valid_from' })
  tokensValidFrom: number;

  /** Failed logins since the last successful one, which the next login reports. */
  @Column({ type: 'bigint', name: 'failed_logins', default: 0 })
  failedLogins: number;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'updated_at' })
  updatedAt: number;
}
