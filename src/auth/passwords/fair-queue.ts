interface Place<T> {
  readonly item: T;
  readonly owner?: string;
  /** Each round serves one item per owner. */
  readonly round: number;
}

type MayRun = (owner: string | undefined) => boolean;

/**
 * A queue that serves its owners in turns, so that an owner with many items delays only itself (start-time fair
 * queueing with equal weights). An item without an owner counts as a new owner.
 */
export class FairQueue<T> {
  /** By round, then by arrival. */
  readonly #places: Place<T>[] = [];
  #round = 0;
  #lastOwner?: string;

  get length(): number {
    return this.#places.length;
  }

  add(item: T, owner?: string): void {
    const before = owner === undefined ? undefined : this.#lastOf(owner);
    const round = (before?.round ?? this.#round) + 1;
    const at = this.#places.findIndex(each => each.round > round);
    this.#places.splice(at < 0 ? this.#places.length : at, 0, { item, owner, round });
  }

  /** The place whose turn it is, of the owners that may run. */
  peek(mayRun?: MayRun): Pick<Place<T>, 'owner'> | undefined {
    return this.#places[this.#nextAt(mayRun)];
  }

  /** Removes the item whose turn it is, of the owners that may run. */
  next(mayRun?: MayRun): T | undefined {
    const at = this.#nextAt(mayRun);
    if (at < 0) {
      return undefined;
    }
    const [{ item, owner, round }] = this.#places.splice(at, 1);
    this.#round = Math.max(this.#round, round);
    this.#lastOwner = owner;
    return item;
  }

  /** Removes the item that would wait longest. */
  dropLast(): T | undefined {
    return this.#places.pop()?.item;
  }

  /** Removes an item wherever it stands; false if it is not in the queue. */
  remove(item: T): boolean {
    const at = this.#places.findIndex(each => each.item === item);
    return at >= 0 && this.#places.splice(at, 1).length > 0;
  }

  /** Who was served last lets the others of the same round go first, also those who came later. */
  #nextAt(mayRun: MayRun = () => true): number {
    const first = this.#places.findIndex(({ owner }) => mayRun(owner));
    const { owner: firstOwner, round: firstRound } = this.#places[first] ?? {};
    if (firstOwner === undefined || firstOwner !== this.#lastOwner) {
      return first;
    }
    const other = this.#places.findIndex(
      ({ owner, round }) => round === firstRound && owner !== firstOwner && mayRun(owner),
    );
    return other < 0 ? first : other;
  }

  #lastOf(owner: string): Place<T> | undefined {
    return this.#places.findLast(each => each.owner === owner);
  }
}
