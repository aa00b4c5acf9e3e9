import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';
import { ownedTables } from '../database/owned-tables.js';
import { UsersRepository } from './users.repository.js';

/** Looks for accounts that another process removed and did not empty. */
const SWEEP_MS = 30_000;

/**
 * Empties removed accounts in short transactions, so that other requests run in between. Any process continues what
 * another began; several at once do no harm.
 */
@Injectable()
export class RemovedAccounts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer?: NodeJS.Timeout;
  #running?: Promise<void>;
  #isClosing = false;

  constructor(
    private readonly users: UsersRepository,
    private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.start(), SWEEP_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Begins to empty removed accounts; the next sweep goes on after a failure. */
  start(): void {
    const before = this.#running;
    const running: Promise<void> = (before ?? Promise.resolve())
      .then(() => this.sweep())
      .catch(() => undefined)
      .finally(() => {
        if (this.#running === running) {
          this.#running = undefined;
        }
      });
    this.#running = running;
  }

  /** Resolves when every removed account is empty and gone. */
  async sweep(): Promise<void> {
    for (const id of await this.users.findRemoved()) {
      while (!this.#isClosing && !(await this.users.deleteEmpty(id))) {
        await this.#empty(id);
      }
    }
  }

  async #empty(id: number): Promise<void> {
    const lock = this.database.dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : '';
    for (const { name, key, owner } of ownedTables(this.database.dataSource, 'users')) {
      // In the order of the key, rows share pages of the table and of most indexes.
      const sql = `DELETE FROM ${name} WHERE (${key}) IN
        (SELECT ${key} FROM ${name} WHERE ${owner} = $1 ORDER BY ${key} LIMIT $2${lock})`;
      await this.database.inSlices((size, isFull) =>
        isFull && !this.#isClosing ? { sql, params: [id, size] } : undefined,
      );
    }
  }
}
