import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, login, newAccount, upload } from './client.js';
import type { Account, Answer } from './client.js';

const WRITERS = 8;
/** Records of one import, which are stored together or not at all. */
const IMPORTED = 5;
/** A user may log in 30 times at once. */
const LOGINS = 25;
/** Longer than all that the server waits for. */
const PATIENCE_MS = 20_000;
const UNANSWERED = 'no answer within 20 s';

export interface LoadOptions {
  /** Import and log in, too. */
  isMixed?: boolean;
  /** Statuses that a fault may cause besides 503. */
  allowed?: readonly number[];
  /** Connections may break, as when the server is killed. */
  breaks?: boolean;
}

/** Clients that create records without pause until they are stopped, and remember what was acknowledged. */
export class Load {
  /** The names of records that were answered with 201, or with 200 to their import. */
  readonly acknowledged = new Set<string>();
  /** Of those that got another answer: they may be stored or not. */
  readonly unknown = new Set<string>();
  /** Answers that no fault explains. */
  readonly anomalies: string[] = [];
  /** When the last request failed. */
  lastFailure = 0;
  #goesOn = true;
  #logins = 0;
  readonly #clients: Promise<void>[];

  constructor(
    private readonly urls: readonly string[],
    private readonly account: Account,
    private readonly options: LoadOptions = {},
  ) {
    const { isMixed = false } = options;
    const steps = [
      ...Array.from({ length: WRITERS }, () => (url: string) => this.#create(url)),
      ...(isMixed ? [(url: string) => this.#import(url), (url: string) => this.#logIn(url)] : []),
    ];
    this.#clients = steps.map((step, index) => this.#repeat(step, urls[index % urls.length]));
  }

  static async start(urls: readonly string[], options: LoadOptions): Promise<Load> {
    return new Load(urls, await newAccount(urls[0]), options);
  }

  async stop(): Promise<void> {
    this.#goesOn = false;
    await Promise.all(this.#clients);
  }

  /** What each server should have and has not, what it has though no client sent it, and imports of which it has a part. */
  async lost(): Promise<string[]> {
    const found = await Promise.all(this.urls.map(url => this.#lostOn(url)));
    return found.flat();
  }

  async #lostOn(url: string): Promise<string[]> {
    let answer = await this.#export(url);
    if (answer.status === 401) {
      // The token is from another time.
      const { name, password } = this.account;
      this.account.token = (await login(url, name, password)).body.token;
      answer = await this.#export(url);
    }
    if (answer.status !== 200) {
      return [`the export was answered ${answer.status}: ${answer.text}`];
    }
    const there = new Set<string>(answer.body.map(({ name }: { name: string }) => name));
    const lost = [...this.acknowledged].filter(name => !there.has(name));
    const strange = [...there].filter(
      name => !this.acknowledged.has(name) && !this.unknown.has(name),
    );
    const parts = [...there].filter(name => / 1$/.test(name));
    const torn = parts.filter(name => !namesOfImport(name.slice(0, -2)).every(n => there.has(n)));
    return [...lost, ...strange, ...torn];
  }

  #export(url: string): Promise<Answer> {
    return call(url, 'GET', '/authors/export?format=json', { token: this.account.token });
  }

  async #repeat(step: (url: string) => Promise<void>, url: string): Promise<void> {
    while (this.#goesOn) {
      await step(url);
    }
  }

  async #create(url: string): Promise<void> {
    const name = `record ${randomUUID()}`;
    const json = { name, book: 'Prophet Song', country: 'Ireland' };
    const isStored = await this.#see('POST /author', 201, () =>
      call(url, 'POST', '/author', { token: this.account.token, json }),
    );
    (isStored ? this.acknowledged : this.unknown).add(name);
  }

  async #import(url: string): Promise<void> {
    const names = namesOfImport(`import ${randomUUID().slice(0, 30)}`);
    const lines = names.map(name => JSON.stringify({ name, book: 'Book', country: 'None' }));
    const isStored = await this.#see('POST /authors/import', 200, () =>
      upload(url, this.account, lines.join('\n'), { type: 'application/x-ndjson' }),
    );
    names.forEach(name => (isStored ? this.acknowledged : this.unknown).add(name));
    await sleep(20);
  }

  async #logIn(url: string): Promise<void> {
    await sleep(50);
    if (this.#logins === LOGINS) {
      return;
    }
    this.#logins += 1;
    const { name, password, deviceToken } = this.account;
    const headers = { 'x-device-token': deviceToken };
    await this.#see('POST /login', 200, async () => {
      const answer = await login(url, name, password, headers);
      if (answer.status === 200) {
        // The clock may have ended the first session.
        this.account.token = answer.body.token;
        this.account.deviceToken = answer.body.device_token;
      }
      return answer;
    });
  }

  /** Whether the request got the status; everything else must be allowed. */
  async #see(what: string, status: number, ask: () => Promise<Answer>): Promise<boolean> {
    const { allowed = [], breaks = false } = this.options;
    const answer = await Promise.race([ask(), unanswered()]).catch(
      (error: Error & { cause?: Error }) => error,
    );
    if (!(answer instanceof Error) && answer.status === status) {
      return true;
    }
    this.lastFailure = performance.now();
    if (answer instanceof Error) {
      if (!breaks || answer.message === UNANSWERED) {
        this.anomalies.push(`${what}: ${answer.message} ${answer.cause?.message ?? ''}`);
      }
    } else if (
      answer.status === 503 ? !answer.headers.has('retry-after') : !allowed.includes(answer.status)
    ) {
      this.anomalies.push(`${what} was answered ${answer.status}: ${answer.text}`);
    }
    await sleep(20);
    return false;
  }
}

async function unanswered(): Promise<never> {
  await sleep(PATIENCE_MS, undefined, { ref: false });
  throw new Error(UNANSWERED);
}

function namesOfImport(stem: string): string[] {
  return Array.from({ length: IMPORTED }, (_, index) => `${stem} ${index}`);
}
