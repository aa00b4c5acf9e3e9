import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../database/database.js';
import type { Param } from '../database/database.types.js';
import { Event } from './event.entity.js';

const SWEEP_ROWS = 1000;

@Injectable()
export class EventsRepository {
  constructor(
    @InjectRepository(Event) private readonly events: Repository<Event>,
    private readonly database: Database,
  ) {}

  async insert(event: Omit<Event, 'id'>): Promise<void> {
    await this.events.insert(event);
  }

  /** Events before this id, newest first: all, or those by or about a user. */
  async findPage(of: string | undefined, beforeId: number, limit: number): Promise<Event[]> {
    const params: Param[] = [beforeId, limit];
    if (of === undefined) {
      return this.database.all(
        'SELECT * FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2',
        params,
      );
    }
    // Each half reads one index and stops at the limit; OR would read all events of the user.
    const half = (column: string): string =>
      `SELECT * FROM (SELECT * FROM events WHERE ${column} = $3 AND id < $1 ORDER BY id DESC LIMIT $2) AS ${column}_half`;
    return this.database.all(
      `${half('actor')} UNION ${half('subject')} ORDER BY id DESC LIMIT $2`,
      [...params, of],
    );
  }

  /** Deletes up to 1,000 events from before this moment, oldest first; returns how many. */
  async deleteOlder(at: number): Promise<number> {
    return this.database.run(
      `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 ORDER BY at LIMIT ${SWEEP_ROWS})`,
      [at],
    );
  }
}
