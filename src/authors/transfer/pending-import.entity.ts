import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../users/user.entity.js';

/**
 * An import whose records are being stored, and are to be seen all at once: those of the owner with ids from `firstId`
 * to `lastId` are nobody's until it ends.
 */
@Entity('pending_imports')
export class PendingImport {
  @PrimaryColumn({ type: 'bigint', name: 'owner_id' })
  ownerId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'pending_imports_owner_id' })
  owner?: User;

  @Column({ type: 'bigint', name: 'first_id' })
  firstId: number;

  @Column({ type: 'bigint', name: 'last_id' })
  lastId: number;

  /** Which run of an import these are of; nobody else may add to them. */
  @Column({ type: 'text' })
  holder: string;

  /** Until when that run is believed to be alive (epoch milliseconds); it renews this as it goes. */
  @Column({ type: 'bigint', name: 'held_until' })
  heldUntil: number;
}
