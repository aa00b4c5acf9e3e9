import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { etagOf } from './etag.js';
import type { Preconditions, Versioned } from './etag.js';
import { pathOf } from '../problems/problem.filter.js';

/** Puts into the header what HTTP says of the record or the page in an answer. */
export class RecordReply {
  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {}

  /** Sets `Location`, below this path. */
  async created<T extends { id: number } | { public_id: string }>(
    path: string,
    record: Promise<T>,
  ): Promise<T> {
    const created = await record;
    const id = 'id' in created ? created.id : created.public_id;
    this.reply.header('location', `${path}/${id}`);
    return created;
  }

  /** Sets `ETag`; with the conditions of a read, returns 304 if the client has this version. */
  async tagged<T extends Versioned>(record: Promise<T>, read?: Preconditions): Promise<T> {
    const tagged = await record;
    this.reply.header('etag', etagOf(tagged));
    if (read?.isFresh(tagged)) {
      this.reply.status(304);
      return undefined as unknown as T;
    }
    return tagged;
  }

  /** Sets `Link` (RFC 8288) to the next page: a relative path that keeps all parameters but the cursor. */
  async linked<T extends { next_cursor: string | null }>(page: Promise<T>): Promise<T> {
    const linked = await page;
    if (linked.next_cursor !== null) {
      const given = this.request.query as Record<string, string>;
      const query = new URLSearchParams({ ...given, cursor: linked.next_cursor });
      this.reply.header('link', `<${pathOf(this.request)}?${query}>; rel="next"`);
    }
    return linked;
  }
}

/** Injects the reply. */
export const Replying = createParamDecorator(
  (_: unknown, context: ExecutionContext): RecordReply => {
    const http = context.switchToHttp();
    return new RecordReply(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  },
);
