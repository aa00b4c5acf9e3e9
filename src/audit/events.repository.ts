import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Param, Transaction } from '../database/database.types.js';

export interface EventRow {
  id: number;
  at: number;
  action: string;
  actor: string | null;
  subject: string | null;
  address: string;
  detail: string;
}

const COLUMNS = 'id, at, action, actor, subject, address, detail';
const SWEEP_ROWS = 1000;

@Injectable()
export class EventsRepository {
  constructor(private readonly database: Database) {}

  async insert(tx: Transaction, event: Omit<EventRow, 'id'>): Promise<void> {
    await tx.run(
      `INSERT INTO events (at, action, actor, subject, address, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
      [event.at, event.action, event.actor, event.subject, event.address, event.detail],
    );
  }

  /** Newest first, older than the one with this id; those that a user did or that are about them, or all. */
  async findPage(of: string | undefined, beforeId: number, limit: number): Promise<EventRow[]> {
    const params: Param[] = [beforeId, limit];
    if (of === undefined) {
      return this.database.all(
        `SELECT ${COLUMNS} FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2`,
        params,
      );
    }
    // Each half is read from its own index and stops at the limit; OR would read all events of the user.
    const half = (column: string): string =>
      `SELECT * FROM (SELECT ${COLUMNS} FROM events WHERE ${column} = $3 AND id < $1 ORDER BY id DESC LIMIT $2) AS ${column}_half`;
    return this.database.all(
      `${half('actor')} UNION ${half('subject')} ORDER BY id DESC LIMIT $2`,
      [...params, of],
    );
  }

  /** Deletes some events of before this moment, the oldest first; returns how many. */
  async deleteOlder(at: number): Promise<number> {
    return this.database.run(
      `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 ORDER BY at LIMIT ${SWEEP_ROWS})`,
      [at],
    );
  }
}
