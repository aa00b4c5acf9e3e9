import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../support/client.js';

const CLIENTS = 8;
/** Longer than all that the server waits for. */
const PATIENCE_MS = 15_000;

/** Clients that each create one record after the other until they are stopped. */
export class WriteLoad {
  /** The names of records that were answered with 201. */
  readonly acknowledged = new Set<string>();
  /** Of those that got another answer: they may be stored or not. */
  readonly unknown = new Set<string>();
  /** Answers that are neither 201 nor 503 with Retry-After. */
  readonly anomalies: string[] = [];
  /** When the last answer came that was not 201. */
  lastFailure = 0;
  #goesOn = true;
  readonly #clients: Promise<void>[];

  constructor(
    private readonly urls: readonly string[],
    private readonly token: string,
  ) {
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => this.#write(index));
  }

  async stop(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#clients);
  }

  /** What each replica should have and has not, and what it has though no client sent it. */
  async lost(): Promise<string[]> {
    const found = await Promise.all(this.urls.map(url => this.#lostOn(url)));
    return found.flat();
  }

  async #lostOn(url: string): Promise<string[]> {
    const { body } = await call(url, 'GET', '/authors/export?format=json', { token: this.token });
    const there = new Set<string>(body.map(({ name }: { name: string }) => name));
    const lost = [...this.acknowledged].filter(name => !there.has(name));
    const strange = [...there].filter(
      name => !this.acknowledged.has(name) && !this.unknown.has(name),
    );
    return [...lost, ...strange];
  }

  async #write(client: number): Promise<void> {
    const url = this.urls[client % this.urls.length];
    while (this.#goesOn) {
      const name = `record ${randomUUID()}`;
      const json = { name, book: 'Prophet Song', country: 'Ireland' };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await call(url, 'POST', '/author', { token: this.token, json, signal }).catch(
        (error: Error) => error,
      );
      if (!(answer instanceof Error) && answer.status === 201) {
        this.acknowledged.add(name);
        continue;
      }
      this.unknown.add(name);
      this.lastFailure = performance.now();
      if (answer instanceof Error) {
        this.anomalies.push(answer.message);
      } else if (answer.status !== 503 || !answer.headers.has('retry-after')) {
        this.anomalies.push(`POST /author answered ${answer.status}`);
      }
      await sleep(20);
    }
  }
}
