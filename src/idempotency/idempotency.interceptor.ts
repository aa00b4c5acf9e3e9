import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { VARIABLES } from '../config/variables.js';
import { Database } from '../database/database.js';
import { RowQuota } from '../database/row-quota.js';
import type { Principal } from '../http/principal.js';
import { problemAnswer } from '../problems/problem-answer.js';
import { Problem, PROBLEMS } from '../problems/problem.js';
import { digestOf, HashedBody } from './hashed-body.js';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import type { Answer, EarlierRequest, KeyOwner } from './idempotency-keys.repository.js';
import { handOver } from './keep-answer.js';

type KeyedRequest = FastifyRequest & { user: Principal };

/** A request with a key, and the handler that it is for. */
interface Run {
  request: KeyedRequest;
  reply: FastifyReply;
  owner: KeyOwner;
  holder: string;
  handle: () => Promise<object>;
}

/** A third of the time after which a key counts as abandoned. */
const RENEW_MS = 5_000;

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** The fields of a handler that belong to the answer. */
const FIELDS = ['location', 'etag'];

/** A malformed request is not kept: the client corrects it, and may send it with the same key. */
const MALFORMED = [400, 408, 413, 415];

/**
 * Runs a handler once for one Idempotency-Key and gives its answer, success or refusal, again for 24 hours, byte for
 * byte. The answer is stored in the transaction of its effect. Failures of the server are not kept. Does nothing
 * without a key.
 *
 * Throws `quota_exceeded`, `idempotency_mismatch` for another request with the same key, `idempotency_in_progress` while the first is
 * running. When the process that runs it dies, the key is free again within 15 seconds.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #quota: RowQuota;

  constructor(
    private readonly database: Database,
    private readonly keys: IdempotencyKeysRepository,
    @InjectConfig() { maxIdempotencyKeysPerUser: most }: Config,
  ) {
    const { name } = VARIABLES.maxIdempotencyKeysPerUser;
    this.#quota = new RowQuota(name, most, userId => keys.count(userId, most));
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const owner = ownerOf(request);
    if (owner === undefined) {
      return next.handle();
    }
    if ((await this.keys.find(this.database, owner)) === undefined) {
      await this.#quota.take(owner.userId);
    }
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const handle = (): Promise<object> => lastValueFrom(next.handle());
    const run = { request, reply, owner, handle, holder: randomUUID() };
    const answer = await (isUpload(request.body)
      ? this.#whileReading(run, request.body)
      : this.#inOneUnit(run));
    reply.status(answer.status).headers(answer.headers);
    return of(answer.body);
  }

  /** The handler runs in the unit of work that takes the key: others with this key wait for its end. */
  #inOneUnit({ request, reply, owner, handle, holder }: Run): Promise<Answer> {
    const fingerprint = digestOf(request.body);
    return this.database.write(async tx => {
      if (!(await this.keys.take(tx, owner, holder))) {
        return replay(await this.keys.find(tx, owner), fingerprint);
      }
      // The inner unit undoes its own writes when the handler refuses; the refusal is kept.
      const answer = await this.database.write(handle).then(
        body => answerOf(reply, body),
        (error: unknown) => refusalOf(request, error),
      );
      await this.keys.keep(tx, owner, holder, fingerprint, answer);
      return answer;
    });
  }

  /** The key is held while the handler reads the upload; the handler keeps its answer in its last transaction. */
  async #whileReading(run: Run, content: AsyncIterable<Uint8Array>): Promise<Answer> {
    const { request, reply, owner, handle, holder } = run;
    const [, query = ''] = request.url.split('?', 2);
    const upload = new HashedBody(query, content);
    if (!(await this.database.write(tx => this.keys.take(tx, owner, holder)))) {
      const earlier = await this.keys.find(this.database, owner);
      return replay(earlier, earlier?.answer && (await upload.digest()));
    }
    const keep = async (tx: Pick<Database, 'run'>, answer: Answer): Promise<Answer> => {
      if (!(await this.keys.keep(tx, owner, holder, await upload.digest(), answer))) {
        throw new Problem('idempotency_in_progress');
      }
      return answer;
    };
    request.body = upload;
    handOver(request, async (tx, body) => void (await keep(tx, answerOf(reply, body))));
    return this.#holding(owner, holder, () =>
      handle().then(
        body => answerOf(reply, body),
        (error: unknown) => {
          // The rest of an upload that was refused early may never end, and without it there is no digest.
          if (!upload.isRead) {
            throw error;
          }
          return keep(this.database, refusalOf(request, error));
        },
      ),
    );
  }

  async #holding(owner: KeyOwner, holder: string, run: () => Promise<Answer>): Promise<Answer> {
    const timer = setInterval(() => {
      void this.keys.renew(owner, holder).catch(() => undefined);
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

/** Throws `invalid_request` when the key is not 1 to 255 visible ASCII characters; undefined without a key. */
function ownerOf({ headers, method, routeOptions, user }: KeyedRequest): KeyOwner | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) {
    return undefined;
  }
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new Problem('invalid_request', {
      detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
    });
  }
  return { userId: user.userId, route: `${method} ${routeOptions.url}`, key };
}

function isUpload(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** The answer that the reply would give with this body. */
function answerOf(reply: FastifyReply, body: object): Answer {
  const fields = FIELDS.filter(name => reply.hasHeader(name)).map(name => [
    name,
    String(reply.getHeader(name)),
  ]);
  const type = { 'content-type': 'application/json; charset=utf-8' };
  return {
    status: reply.statusCode,
    headers: { ...(Object.fromEntries(fields) as object), ...type },
    body: JSON.stringify(body),
  };
}

/** The answer to a refused request; throws errors that are not kept. */
function refusalOf(request: KeyedRequest, error: unknown): Answer {
  if (!(error instanceof Problem) || !isKept(error)) {
    throw error;
  }
  const [path] = request.url.split('?', 1);
  return problemAnswer(error, path, request.id);
}

function isKept({ code }: Problem): boolean {
  const { status } = PROBLEMS[code];
  return status < 500 && code !== 'validation_failed' && !MALFORMED.includes(status);
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
