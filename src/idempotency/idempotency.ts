import { createHash, randomUUID } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Queryable, Transaction } from '../database/database.types.js';
import type { Answer } from '../http/answer.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import type { EarlierRequest } from './idempotency-keys.repository.js';
import type { KeyedRequest } from './idempotent-request.js';
import { problemAnswer } from '../problems/problem-answer.js';
import { Problem, PROBLEMS } from '../problems/problem.js';

/** How long an answer is kept (milliseconds). */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A run that has not renewed its hold on a key for so long is dead. */
const HELD_MS = 15_000;
const RENEW_MS = 5_000;

/** Keeps an answer in the transaction of what it tells of. */
export type Keep = (tx: Pick<Queryable, 'run'>, answer: Answer) => Promise<void>;

/**
 * Carries out a request with an Idempotency-Key once and gives its answer, success or the caller's own fault, again
 * for 24 hours, byte for byte. The answer is stored together with its effect, so that there is never one without the
 * other; nothing is kept of what failed by the server's fault. Without a key all this does nothing.
 *
 * Throws `idempotency_mismatch` for another request with the same key, `idempotency_in_progress` while the first
 * is running; when the process dies that runs it, the key is free again within 15 seconds.
 */
@Injectable()
export class Idempotency {
  constructor(
    private readonly database: Database,
    private readonly keys: IdempotencyKeysRepository,
  ) {}

  /** For what is done in one transaction: whoever comes meanwhile waits for its end. */
  async inOneTransaction(
    request: KeyedRequest,
    content: object,
    work: (tx: Transaction) => Promise<Answer>,
  ): Promise<Answer> {
    const { owner } = request;
    if (owner === undefined) {
      return this.database.write(work);
    }
    const fingerprint = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    return this.database.write(async tx => {
      const holder = randomUUID();
      if (!(await this.keys.take(tx, owner, holder, times()))) {
        return replay(await this.keys.find(tx, owner), fingerprint);
      }
      // What the work stores is undone by itself where it fails, and its failure is kept.
      const answer = await this.database.write(work).catch(asAnswer(request));
      await this.keys.keep(tx, owner, holder, fingerprint, answer);
      return answer;
    });
  }

  /**
   * For what takes long: the key is held while it runs. `work` reads the body that it is given to the end, and calls
   * `keep` in its last transaction.
   */
  async whileReading(
    request: KeyedRequest,
    content: AsyncIterable<Uint8Array>,
    work: (content: AsyncIterable<Uint8Array>, keep: Keep) => Promise<Answer>,
  ): Promise<Answer> {
    const { owner } = request;
    if (owner === undefined) {
      return work(content, async () => undefined);
    }
    const hash = createHash('sha256').update(`${request.query}\n`);
    const body = new HashedBody(content, hash);
    const holder = randomUUID();
    if (!(await this.database.write(tx => this.keys.take(tx, owner, holder, times())))) {
      const earlier = await this.keys.find(this.database, owner);
      return replay(earlier, earlier?.answer && (await body.digest()));
    }
    return this.#holding({ ...request, owner }, holder, async () => {
      const keep: Keep = async (tx, answer) => {
        const fingerprint = await body.digest();
        if (!(await this.keys.keep(tx, owner, holder, fingerprint, answer))) {
          throw new Problem('idempotency_in_progress');
        }
      };
      return work(body, keep).catch(async (error: unknown) => {
        if (body.broken) {
          throw error;
        }
        const answer = asAnswer(request)(error);
        await this.database.write(tx => keep(tx, answer));
        return answer;
      });
    });
  }

  async #holding(
    { owner }: Required<KeyedRequest>,
    holder: string,
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    const timer = setInterval(() => {
      void this.keys.renew(owner, holder, times().heldUntil).catch(() => undefined);
    }, RENEW_MS).unref();
    try {
      return await run();
    } catch (error) {
      await this.keys.release(owner, holder).catch(() => undefined);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}

function times(): { now: number; heldUntil: number; expiresAt: number } {
  const now = Date.now();
  return { now, heldUntil: now + HELD_MS, expiresAt: now + KEPT_MS };
}

function replay(earlier: EarlierRequest | undefined, fingerprint: string | undefined): Answer {
  if (earlier?.answer === undefined) {
    throw new Problem('idempotency_in_progress', { headers: { 'retry-after': '1' } });
  }
  if (earlier.fingerprint !== fingerprint) {
    throw new Problem('idempotency_mismatch');
  }
  const { status, headers, body } = earlier.answer;
  return { status, headers: { ...headers, 'idempotency-replayed': 'true' }, body };
}

/** Turns an error of the caller's own into the answer that it would be given; throws any other. */
function asAnswer({ path, requestId }: KeyedRequest): (error: unknown) => Answer {
  return error => {
    if (error instanceof Problem && PROBLEMS[error.code].status < 500) {
      return problemAnswer(error, path, requestId);
    }
    throw error;
  };
}

/** A body that is digested as it is read. */
class HashedBody implements AsyncIterable<Uint8Array> {
  /** The client has gone before its end. */
  broken = false;
  readonly #chunks = this.#read();

  constructor(
    private readonly content: AsyncIterable<Uint8Array>,
    private readonly hash: Hash,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#chunks;
  }

  /** The digest of all of it, whatever was read so far. */
  async digest(): Promise<string> {
    for await (const _ of this.#chunks) {
      // Read to be digested.
    }
    return this.hash.copy().digest('base64url');
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.content) {
        this.hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }
}
