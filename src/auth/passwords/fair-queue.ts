interface Place<T> {
  readonly item: T;
  readonly owner?: string;
  /** Each round serves one item per owner. */
  readonly round: number;
}

/**
 * A queue that serves its owners in turns, so that an owner with many items delays only itself (start-time fair
 * queueing with equal weights). An item without an owner counts as a new owner.
 */
export class FairQueue<T> {
  /** By round, then by arrival. */
  readonly #places: Place<T>[] = [];
  #round = 0;

  get length(): number {
    return this.#places.length;
  }

  add(item: T, owner?: string): void {
    const before = owner === undefined ? undefined : this.#lastOf(owner);
    const round = (before?.round ?? this.#round) + 1;
    const at = this.#places.findIndex(each => each.round > round);
    this.#places.splice(at < 0 ? this.#places.length : at, 0, { item, owner, round });
  }

  /** Removes the item whose turn it is. */
  next(): T | undefined {
    const place = this.#places.shift();
    this.#round = place?.round ?? this.#round;
    return place?.item;
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

  #lastOf(owner: string): Place<T> | undefined {
    return this.#places.findLast(each => each.owner === owner);
  }
}
