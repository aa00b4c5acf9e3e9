import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A security event. It stays after its users are removed, so it has only their public ids. */
@Entity('events')
@Index('events_actor', ['actor', 'id'])
@Index('events_subject', ['subject', 'id'])
@Index('events_at', ['at'])
@Index('events_series', ['series'], { unique: true })
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

  /** How often it happened, and when last if more than once. */
  @Column({ type: 'bigint', default: 1 })
  count: number;

  @Column({ type: 'bigint', name: 'last_at', nullable: true })
  lastAt: number | null;

  /** What equal events of strangers have in common; null if each is a row. */
  @Column({ type: 'text', nullable: true })
  series: string | null;
}
