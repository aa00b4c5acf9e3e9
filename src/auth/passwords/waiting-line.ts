interface Place<T> {
  readonly item: T;
  readonly whose?: string;
  /** How many of the same owner stood here before it came. */
  readonly turn: number;
}

/**
 * A queue in which everybody's first comes before anybody's second, so that whoever asks for much waits for it alone.
 * What belongs to nobody counts as everybody's first: first come, first served.
 */
export class WaitingLine<T> {
  #places: Place<T>[] = [];

  get length(): number {
    return this.#places.length;
  }

  add(item: T, whose?: string): void {
    const turn = whose === undefined ? 0 : this.#places.filter(each => each.whose === whose).length;
    const at = this.#places.findIndex(each => each.turn > turn);
    this.#places.splice(at < 0 ? this.#places.length : at, 0, { item, whose, turn });
  }

  /** Takes the one whose turn it is. */
  next(): T | undefined {
    return this.#places.shift()?.item;
  }

  /** Takes away the one that would have waited longest. */
  dropLast(): T | undefined {
    return this.#places.pop()?.item;
  }
}
