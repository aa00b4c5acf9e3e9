import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../database/database.js';
import type { Param } from '../database/database.types.js';
import { Event } from './event.entity.js';

const SWEEP_ROWS = 1000;

/** `AS` names each column as the entity does. */
const COLUMNS =
  'id, at, action, actor, subject, address, detail, count, last_at AS "lastAt", series';

export type NewEvent = Omit<Event, 'id' | 'count' | 'lastAt'>;

@Injectable()
export class EventsRepository {
  constructor(
    @InjectRepository(Event) private readonly events: Repository<Event>,
    private readonly database: Database,
  ) {}

  /** Stores an event, or counts it with the earlier one of its series: one statement, so no two rows have one. */
  async insert(event: NewEvent): Promise<void> {
    if (event.series === null) {
      await this.events.insert(event);
      return;
    }
    const { at, action, actor, subject, address, detail, series } = event;
    await this.database.run(
      `INSERT INTO events AS e (at, action, actor, subject, address, detail, series)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (series) DO UPDATE SET count = e.count + 1, last_at = excluded.at`,
      [at, action, actor, subject, address, detail, series],
    );
  }

  /** Events before this id, newest first: all, or those by or about a user. */
  async findPage(of: string | undefined, beforeId: number, limit: number): Promise<Event[]> {
    const params: Param[] = [beforeId, limit];
    if (of === undefined) {
      return this.database.all(
        `SELECT ${COLUMNS} FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2`,
        params,
      );
    }
    // Each half reads one index and stops at the limit; OR would read all events of the user.
    const half = (column: string): string =>
      `SELECT * FROM (SELECT ${COLUMNS} FROM events WHERE ${column} = $3 AND id < $1 ORDER BY id DESC LIMIT $2) AS ${column}_half`;
    return this.database.all(
      `${half('actor')} UNION ${half('subject')} ORDER BY id DESC LIMIT $2`,
      [...params, of],
    );
  }

  /** When the command line last did this; undefined if never. */
  async lastAt(action: string): Promise<number | undefined> {
    const row = await this.database.get<{ at: number }>(
      "SELECT at FROM events WHERE actor = 'cli' AND action = $1 ORDER BY id DESC LIMIT 1",
      [action],
    );
    return row?.at;
  }

  /** Deletes up to 1,000 events from before this moment, oldest first; returns how many. */
  async deleteOlder(at: number): Promise<number> {
    return this.database.run(
      `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 ORDER BY at LIMIT ${SWEEP_ROWS})`,
      [at],
    );
  }
}
