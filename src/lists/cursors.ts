import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SECRET_KEY } from '../config/config.module.js';
import { Problem } from '../problems/problem.js';

/** A value that a page was cut at. */
export type CursorValue = string | number | boolean;

const TAG_BYTES = 12;

/**
 * Opaque cursors of keyset pages: where a page ended, bound to the query that it belongs to and sealed against
 * change, so that none can be made up or used with another query.
 */
@Injectable()
export class Cursors {
  readonly #key: Buffer;

  constructor(@Inject(SECRET_KEY) secretKey: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', 'library-api cursor', 32));
  }

  /** `scope` names the list with its owner, sort and filters: a cursor opens only under the same one. */
  seal(scope: string, values: readonly CursorValue[]): string {
    const payload = Buffer.from(JSON.stringify(values));
    return Buffer.concat([this.#tag(scope, payload), payload]).toString('base64url');
  }

  /** Throws `invalid_query` for a cursor that is forged, cut, or of another query. */
  open(scope: string, cursor: string): CursorValue[] {
    const sealed = Buffer.from(cursor, 'base64url');
    const payload = sealed.subarray(TAG_BYTES);
    const tag = this.#tag(scope, payload);
    const intact = sealed.length > TAG_BYTES && sealed.toString('base64url') === cursor;
    if (!intact || !timingSafeEqual(sealed.subarray(0, TAG_BYTES), tag)) {
      throw new Problem('invalid_query', { detail: 'cursor does not belong to this query' });
    }
    return JSON.parse(payload.toString()) as CursorValue[];
  }

  #tag(scope: string, payload: Buffer): Buffer {
    const mac = createHmac('sha256', this.#key).update(scope).update('\0').update(payload);
    return mac.digest().subarray(0, TAG_BYTES);
  }
}
