import { retryLater } from '../problems/problem.js';
import type { Problem } from '../problems/problem.js';

export interface TurnLimits {
  readonly atOnce: number;
  readonly perOwner: number;
  /** The variable that sets `perOwner`, if one does. */
  readonly quota?: string;
  /** How many more of one owner may wait for its own. */
  readonly waiting: number;
  /** How long a turn may take to come. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly owner: unknown;
  readonly start: () => void;
}

/** Limits how much runs at once, in all and for each owner. Others wait in the order of their arrival. */
export class Turns {
  readonly #running = new Map<unknown, number>();
  readonly #queue: Waiting[] = [];
  /** Owners whose turns are about to end for others. */
  readonly #yielding = new Set<unknown>();
  #busy = 0;

  /** @param what what takes turns, for the error texts */
  constructor(
    private readonly what: string,
    private readonly limits: TurnLimits,
  ) {}

  /** How many run now. */
  get busy(): number {
    return this.#busy;
  }

  /** Runs `work` when it is the owner's turn. Throws as `take` does. */
  async run<T>(owner: unknown, work: () => Promise<T>): Promise<T> {
    const end = await this.take(owner);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /**
   * Waits for a turn; call what it returns once, at the turn's end. Throws `too_many_requests` if the owner has too
   * many already, and `unavailable` if the turn does not come in time.
   */
  async take(owner: unknown, patienceMs = this.limits.patienceMs): Promise<() => void> {
    const most = this.limits.perOwner + this.limits.waiting;
    if (this.#countOf(owner) + this.#queue.filter(each => each.owner === owner).length >= most) {
      throw this.#refusal(most);
    }
    return new Promise((resolve, reject) => {
      const place = { owner, start: () => resolve(this.#begin(owner, timer)) };
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(place), 1);
        reject(retryLater('unavailable', 1, `too many ${this.what} are in progress`));
      };
      const timer = setTimeout(giveUp, patienceMs).unref();
      this.#queue.push(place);
      this.#dispatch();
    });
  }

  /** Whether this owner should end its turn early, because someone waits who could then start: one for each. */
  mustYield(owner: unknown): boolean {
    const isFull = this.#busy >= this.limits.atOnce;
    const startable = this.#queue.filter(
      each => each.owner === owner || (isFull && this.#countOf(each.owner) < this.limits.perOwner),
    );
    if (startable.length <= this.#yielding.size) {
      return false;
    }
    this.#yielding.add(owner);
    return true;
  }

  #refusal(most: number): Problem {
    const { quota, perOwner: limit } = this.limits;
    const detail = `too many ${this.what} are in progress; the limit for one user is ${most}`;
    return retryLater('too_many_requests', 1, detail, quota === undefined ? {} : { quota, limit });
  }

  #countOf(owner: unknown): number {
    return this.#running.get(owner) ?? 0;
  }

  #begin(owner: unknown, timer: NodeJS.Timeout): () => void {
    clearTimeout(timer);
    this.#busy += 1;
    this.#running.set(owner, this.#countOf(owner) + 1);
    return () => {
      const left = this.#countOf(owner) - 1;
      this.#busy -= 1;
      this.#yielding.delete(owner);
      if (left > 0) {
        this.#running.set(owner, left);
      } else {
        this.#running.delete(owner);
      }
      this.#dispatch();
    };
  }

  #dispatch(): void {
    const { atOnce, perOwner } = this.limits;
    while (this.#busy < atOnce) {
      const at = this.#queue.findIndex(({ owner }) => this.#countOf(owner) < perOwner);
      if (at < 0) {
        return;
      }
      this.#queue.splice(at, 1)[0].start();
    }
  }
}
