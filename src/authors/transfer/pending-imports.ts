import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { HELD_MS } from './import-claim.js';

/** How soon it is looked for those of other processes that have died. */
const SWEEP_MS = 15_000;
/** Deleted in one go; other requests wait no longer than that takes. */
const BATCH = 200;

const NEVER = Number.MAX_SAFE_INTEGER;

const CLAIM = 'owner_id, first_id, last_id, holder, held_until';

interface Claim {
  owner_id: number;
  first_id: number;
  last_id: number;
  holder: string;
  held_until: number;
}

/** Takes away what imports have stored and nobody has seen, where they failed or their process died. */
@Injectable()
export class PendingImports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(PendingImports.name);
  #timer?: NodeJS.Timeout;
  #isClosing = false;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    void this.#sweepAndAgain();
  }

  beforeApplicationShutdown(): void {
    this.#isClosing = true;
    clearTimeout(this.#timer);
  }

  /** Undoes what is left of those that are dead; returns after how many milliseconds another may be. */
  async sweep(now = Date.now()): Promise<number> {
    const claims = await this.database.all<Claim>(`SELECT ${CLAIM} FROM pending_imports`);
    let next = SWEEP_MS;
    for (const claim of claims) {
      if (claim.held_until <= now) {
        await this.#undo(claim, now);
      } else {
        next = Math.min(next, claim.held_until - now);
      }
    }
    return next;
  }

  /** Undoes what a run of an import has left, which writes no more. */
  async undo(ownerId: number, holder: string): Promise<void> {
    const claim = await this.database.get<Claim>(
      `SELECT ${CLAIM} FROM pending_imports WHERE owner_id = $1 AND holder = $2`,
      [ownerId, holder],
    );
    if (claim !== undefined) {
      await this.#undo(claim, NEVER);
    }
  }

  /** Only one process does this: each takes the claim over from the holder that it has read. */
  async #undo(claim: Claim, deadAt: number): Promise<void> {
    const holder = crypto.randomUUID();
    const taken = await this.database.run(
      `UPDATE pending_imports SET holder = $1, held_until = $2
       WHERE owner_id = $3 AND holder = $4 AND held_until <= $5`,
      [holder, Date.now() + HELD_MS, claim.owner_id, claim.holder, deadAt],
    );
    for (let deleted = taken > 0 ? BATCH : 0; deleted === BATCH;) {
      const started = performance.now();
      deleted = await this.#deleteSome(claim, holder);
      // Half of the time is for other requests.
      await sleep(performance.now() - started);
    }
  }

  async #deleteSome({ owner_id, first_id, last_id }: Claim, holder: string): Promise<number> {
    return this.database.write(async tx => {
      const held = await tx.run(
        'UPDATE pending_imports SET held_until = $1 WHERE owner_id = $2 AND holder = $3',
        [Date.now() + HELD_MS, owner_id, holder],
      );
      if (held === 0) {
        return 0;
      }
      const deleted = await tx.run(
        `DELETE FROM authors WHERE id IN (SELECT id FROM authors
           WHERE owner_id = $1 AND id BETWEEN $2 AND $3 ORDER BY id LIMIT $4)`,
        [owner_id, first_id, last_id, BATCH],
      );
      if (deleted < BATCH) {
        await tx.run('DELETE FROM pending_imports WHERE owner_id = $1', [owner_id]);
      }
      return deleted;
    });
  }

  async #sweepAndAgain(): Promise<void> {
    const next = await this.sweep().catch((error: unknown) => {
      this.#log.warn(`unfinished imports stay until the next sweep: ${String(error)}`);
      return SWEEP_MS;
    });
    if (!this.#isClosing) {
      this.#timer = setTimeout(() => void this.#sweepAndAgain(), next).unref();
    }
  }
}
