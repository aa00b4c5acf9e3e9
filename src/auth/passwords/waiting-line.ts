interface Place<T> {
  readonly item: T;
  readonly whose?: string;
  /** The round in which it is served: one of each owner in a round. */
  readonly round: number;
}

/**
 * A queue that serves owners in turn, each in the order of their coming, so that whoever asks for much waits for it
 * alone. What belongs to nobody is an owner of its own each time. (Start-time fair queueing with equal weights.)
 */
export class WaitingLine<T> {
  /** By round, then in the order of coming. */
  readonly #places: Place<T>[] = [];
  #round = 0;

  get length(): number {
    return this.#places.length;
  }

  add(item: T, whose?: string): void {
    const before = whose === undefined ? undefined : this.#lastOf(whose);
    const round = (before?.round ?? this.#round) + 1;
    const at = this.#places.findIndex(each => each.round > round);
    this.#places.splice(at < 0 ? this.#places.length : at, 0, { item, whose, round });
  }

  /** Takes the one whose turn it is. */
  next(): T | undefined {
    const place = this.#places.shift();
    this.#round = place?.round ?? this.#round;
    return place?.item;
  }

  /** Takes away the one that would have waited longest. */
  dropLast(): T | undefined {
    return this.#places.pop()?.item;
  }

  #lastOf(whose: string): Place<T> | undefined {
    return this.#places.findLast(each => each.whose === whose);
  }
}
