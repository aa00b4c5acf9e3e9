import type { Place } from './gcra.js';
import type { Ticket } from '../codes/one-time-code.repository.js';
import type { Device } from './trust.repository.js';

export type Lane = 'device' | 'network' | 'ticket' | 'stranger';

/** Which places of the hash queue an attempt may use: strangers can never fill those of the others. */
export type HashLane = 'trusted' | 'stranger';

/** That an attempt was let in, and what it was counted against. */
export class Reservation {
  /** Places are given back once: by a refund, or by the success. */
  state: 'held' | 'refunded' | 'succeeded' = 'held';

  constructor(readonly places: readonly Place[]) {}
}

/** That a login attempt was let in; by which lane is nobody's business but the hash queue's and the log's. */
export class Admission extends Reservation {
  constructor(
    readonly lane: Lane,
    places: readonly Place[],
    /** The device whose token came along, if it is the user's, whatever the lane. */
    readonly device?: Device,
    /** The ticket that let it in. */
    readonly ticket?: Ticket,
  ) {
    super(places);
  }

  get hashLane(): HashLane {
    return this.lane === 'stranger' ? 'stranger' : 'trusted';
  }
}
