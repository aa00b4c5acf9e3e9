import { Column, Entity, Index, JoinColumn, ManyToOne } from 'typeorm';
import { PrimaryGeneratedColumn, Unique } from 'typeorm';
import { User } from '../users/user.entity.js';

@Entity('publishers')
@Unique('publishers_name', ['ownerId', 'nameKey'])
@Index('publishers_by_id', ['ownerId', 'id'])
@Index('publishers_by_name', ['ownerId', 'name', 'id'])
@Index('publishers_by_city', ['ownerId', 'city', 'id'])
export class Publisher {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' }) id: number;

  @Column({ type: 'bigint', name: 'owner_id' }) ownerId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'publishers_owner_id' })
  owner?: User;

  @Column({ type: 'text' }) name: string;
  @Column({ type: 'text' }) city: string;
  @Column({ type: 'text', name: 'name_key' }) nameKey: string;
}
