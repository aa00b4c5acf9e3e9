import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** An address or a network from which a user has logged in. */
@Entity('known_networks')
@Index('known_networks_last_login_at', ['lastLoginAt'])
@Check('known_networks_network_length', 'length("network") BETWEEN 1 AND 64')
export class KnownNetwork {
  @PrimaryColumn({ type: 'bigint', name: 'user_id' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'known_networks_user_id' })
  user?: unknown;

  /** IPv4 /32 and /24, IPv6 /64 and /48. */
  @PrimaryColumn({ type: 'text', name: 'network' })
  network: string;

  /** Epoch milliseconds. */
  @Column({ type: 'bigint', name: 'last_login_at' })
  lastLoginAt: number;
}
