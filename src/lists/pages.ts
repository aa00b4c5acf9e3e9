import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SECRET_KEY } from '../config/config.module.js';
import { Problem } from '../problems/problem.js';
import type { Value } from './resource.js';

/** The values that a page was cut at, in the order of the list. */
export type Place = readonly Value[];

export interface PageQuery {
  limit: number;
  cursor?: string;
}

export interface Page<T> {
  items: T[];
  /** Null on the last page. */
  next_cursor: string | null;
}

const TAG_BYTES = 12;

/** Cuts lists into pages. A cursor is sealed: clients can neither make one up nor use it with another query. */
@Injectable()
export class Pages {
  readonly #key: Buffer;

  constructor(@Inject(SECRET_KEY) secretKey: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', 'library-api cursor', 32));
  }

  /**
   * One page of what `find` returns behind a place. `scope` names the list with its owner, sort and filters: a
   * cursor of another scope throws `invalid_query`.
   */
  async page<T>(
    scope: string,
    { limit, cursor }: PageQuery,
    find: (after: Place | undefined, limit: number) => Promise<T[]>,
    placeOf: (item: T) => Place,
  ): Promise<Page<T>> {
    const after = cursor === undefined ? undefined : this.#open(scope, cursor);
    const items = await find(after, limit + 1);
    if (items.length <= limit) {
      return { items, next_cursor: null };
    }
    items.length = limit;
    return { items, next_cursor: this.#seal(scope, placeOf(items[limit - 1])) };
  }

  #seal(scope: string, place: Place): string {
    const payload = Buffer.from(JSON.stringify(place));
    return Buffer.concat([this.#tag(scope, payload), payload]).toString('base64url');
  }

  #open(scope: string, cursor: string): Place {
    const sealed = Buffer.from(cursor, 'base64url');
    const payload = sealed.subarray(TAG_BYTES);
    const tag = this.#tag(scope, payload);
    const isIntact = sealed.length > TAG_BYTES && sealed.toString('base64url') === cursor;
    if (!isIntact || !timingSafeEqual(sealed.subarray(0, TAG_BYTES), tag)) {
      throw new Problem('invalid_query', { detail: 'cursor does not belong to this query' });
    }
    return JSON.parse(payload.toString()) as Place;
  }

  #tag(scope: string, payload: Buffer): Buffer {
    const mac = createHmac('sha256', this.#key).update(scope).update('\0').update(payload);
    return mac.digest().subarray(0, TAG_BYTES);
  }
}
