import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A security event. It outlives the users that it names, so it points at them by their public ids alone. */
@Entity('events')
@Index('events_actor', ['actor', 'id'])
@Index('events_subject', ['subject', 'id'])
@Index('events_at', ['at'])
export class Event {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id: number;

  @Column({ type: 'bigint' })
  at: number;

  /** What happened, as `thing.verb`. */
  @Column({ type: 'text' })
  action: string;

  /** The public id of who did it, `cli`, `system`, or nothing where nobody was known. */
  @Column({ type: 'text', nullable: true })
  actor: string | null;

  /** The public id of the user whom it is about. */
  @Column({ type: 'text', nullable: true })
  subject: string | null;

  @Column({ type: 'text' })
  address: string;

  /** A JSON object. */
  @Column({ type: 'text' })
  detail: string;
}
