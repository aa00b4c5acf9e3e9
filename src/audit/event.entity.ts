import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A security event. It stays after its users are removed, so it has only their public ids. */
@Entity('events')
@Index('events_actor', ['actor', 'id'])
@Index('events_subject', ['subject', 'id'])
@Index('events_at', ['at'])
export class Event {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id: number;

  @Column({ type: 'bigint' })
  at: number;

  /** What happened, for example `user.renamed`. */
  @Column({ type: 'text' })
  action: string;

  /** The public id of the user who did it, `cli`, `system`, or null if unknown. */
  @Column({ type: 'text', nullable: true })
  actor: string | null;

  /** The public id of the user concerned. */
  @Column({ type: 'text', nullable: true })
  subject: string | null;

  @Column({ type: 'text' })
  address: string;

  /** A JSON object. */
  @Column({ type: 'text' })
  detail: string;
}
