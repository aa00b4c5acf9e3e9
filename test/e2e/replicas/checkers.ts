import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic, call, freshName, newAccount, PASSWORD } from '../../support/client.js';
import type { Account, Answer, CallOptions } from '../../support/client.js';

/** Replicas under faults, and their clients. */
export interface World {
  /** The addresses of those that should serve. */
  urls: string[];
  isOver: boolean;
  /** Requests that were answered. */
  operations: number;
  /** Requests without an answer in time, on connections that stayed open. */
  unanswered: string[];
}

/** Longer than all that the server waits for. */
const PATIENCE_MS = 15_000;

/** Watches one promise under load. */
export interface Checker {
  prepare(): Promise<void>;
  /** One step of one client; run by several, over and over. */
  step(): Promise<void>;
  /** After the load, and after every fault has been mended. */
  conclude?(): Promise<void>;
  readonly clients: number;
  readonly anomalies: string[];
}

/** Asks a replica. Undefined if it may or may not have been done: no answer, or 503. */
export async function ask(
  world: World,
  method: string,
  path: string,
  options: CallOptions = {},
  url = world.urls[Math.floor(Math.random() * world.urls.length)],
): Promise<Answer | undefined> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await call(url, method, path, { ...options, signal }).catch((error: Error) => {
    if (error.name === 'TimeoutError') {
      world.unanswered.push(`${method} ${path}`);
    }
  });
  world.operations += answer ? 1 : 0;
  if (!answer || answer.status === 503) {
    await sleep(20);
    return undefined;
  }
  return answer;
}

abstract class WithAccount {
  readonly anomalies: string[] = [];
  protected account!: Account;

  constructor(protected readonly world: World) {}

  async prepare(): Promise<void> {
    this.account = await newAccount(this.world.urls[0]);
  }

  protected ask(method: string, path: string, options: CallOptions = {}, url?: string) {
    return ask(this.world, method, path, { token: this.account.token, ...options }, url);
  }
}

/** Whatever was acknowledged is there, on every replica, and nothing twice for one Idempotency-Key. */
export class RecordSet extends WithAccount implements Checker {
  readonly clients = 4;
  readonly #tried = new Set<string>();
  readonly #kept = new Set<string>();

  async step(): Promise<void> {
    const name = `set ${randomUUID()}`;
    const headers = { 'idempotency-key': `"${randomUUID()}"` };
    const json = { name, book: 'Book', country: 'Country' };
    this.#tried.add(name);
    while (!this.world.isOver) {
      const answer = await this.ask('POST', '/author', { json, headers });
      if (answer?.status === 201) {
        this.#kept.add(name);
        return;
      }
      if (answer !== undefined && answer.status !== 409) {
        this.anomalies.push(`POST /author answered ${answer.status}`);
      }
    }
  }

  async conclude(): Promise<void> {
    for (const url of this.world.urls) {
      const { body } = (await this.ask('GET', '/authors/export?format=json', {}, url))!;
      const there: string[] = body.map(({ name }: { name: string }) => name);
      const found = new Set(there);
      const lost = [...this.#kept].filter(name => !found.has(name));
      const unknown = there.filter(name => !this.#tried.has(name));
      if (lost.length > 0 || unknown.length > 0 || found.size < there.length) {
        this.anomalies.push(
          `${lost.length} records lost, ${unknown.length} unknown, ${there.length - found.size} twice`,
        );
      }
    }
  }
}

/** Versions of a record form one chain: no two changes have the same parent, and no read goes back. */
export class Register extends WithAccount implements Checker {
  readonly clients = 6;
  readonly #paths: string[] = [];
  readonly #newest = new Map<string, number>();
  readonly #parents = new Set<string>();

  override async prepare(): Promise<void> {
    await super.prepare();
    for (let index = 0; index < 4; index += 1) {
      const json = { name: 'Register', book: `Book ${index}`, country: 'none' };
      const { body } = (await this.ask('POST', '/author', { json }))!;
      this.#paths.push(`/authors/${body.id}`);
    }
  }

  async step(): Promise<void> {
    const index = Math.floor(Math.random() * this.#paths.length);
    const path = this.#paths[index];
    const newest = this.#newest.get(path) ?? 1;
    const read = await this.ask('GET', path);
    if (read === undefined) {
      return;
    }
    if (read.status !== 200 || read.body.version < newest) {
      this.anomalies.push(`${path}: ${read.status}, version ${read.body.version} after ${newest}`);
      return;
    }
    this.#saw(path, read.body.version);
    const json = { name: 'Register', book: `Book ${index}`, country: randomUUID().slice(0, 8) };
    const headers = { 'if-match': read.headers.get('etag')! };
    const write = await this.ask('PUT', path, { json, headers });
    if (write?.status === 200) {
      const parent = `${path} ${read.body.version}`;
      if (this.#parents.has(parent) || write.body.version !== read.body.version + 1) {
        this.anomalies.push(`${parent} has two successors, or ${write.body.version}`);
      }
      this.#parents.add(parent);
      this.#saw(path, write.body.version);
    } else if (write !== undefined && write.status !== 412) {
      this.anomalies.push(`PUT ${path} answered ${write.status}`);
    }
  }

  #saw(path: string, version: number): void {
    this.#newest.set(path, Math.max(version, this.#newest.get(path) ?? 1));
  }
}

/** However many want a name at once, and however they write it, one has it. */
export class UniqueName implements Checker {
  readonly clients = 1;
  readonly anomalies: string[] = [];

  constructor(private readonly world: World) {}

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async step(): Promise<void> {
    const name = freshName('unique');
    const wide = name.replace(/[a-z]/g, letter =>
      String.fromCodePoint(letter.codePointAt(0)! + 0xfee0),
    );
    const spellings = [name, name.toUpperCase(), wide, ` ${name} `];
    const answers = await Promise.all(
      spellings.map(each =>
        ask(this.world, 'POST', '/register', { json: { name: each, password: PASSWORD } }),
      ),
    );
    const made = answers.filter(answer => answer?.status === 201).length;
    const isSure = answers.every(answer => answer !== undefined);
    if (made > 1 || (isSure && made === 0)) {
      this.anomalies.push(`${name} was given ${made} times`);
    }
  }
}

/** An import shows all records or none, and no reader sees an older one after its answer. */
export class AtomicImport extends WithAccount implements Checker {
  readonly clients = 3;
  #importing = false;
  #round = 0;
  #acknowledged = 0;

  override async prepare(): Promise<void> {
    await super.prepare();
    await this.#import(0);
  }

  async step(): Promise<void> {
    if (!this.#importing) {
      this.#importing = true;
      this.#round += 1;
      const round = this.#round;
      const answer = await this.#import(round);
      this.#acknowledged = answer?.status === 200 ? round : this.#acknowledged;
      this.#importing = false;
      return;
    }
    const least = this.#acknowledged;
    const isExport = Math.random() < 0.5;
    const path = isExport ? '/authors/export?format=json' : '/authors?limit=20';
    const answer = await this.ask('GET', path);
    if (answer === undefined) {
      return;
    }
    if (answer.status !== 200) {
      this.anomalies.push(`GET ${path} answered ${answer.status}: ${answer.text}`);
      return;
    }
    const rows = isExport ? answer.body : answer.body.list_of_authors;
    const rounds = new Set<number>(rows.map((row: { country: string }) => Number(row.country)));
    if (rows.length !== 10 || rounds.size !== 1 || Math.min(...rounds) < least) {
      this.anomalies.push(`${rows.length} rows of rounds ${[...rounds].join(', ')} after ${least}`);
    }
  }

  #import(round: number): Promise<Answer | undefined> {
    const lines = Array.from({ length: 10 }, (_, index) =>
      JSON.stringify({ name: 'Bank', book: `Book ${index}`, country: String(round) }),
    );
    return this.ask('POST', '/authors/import?on_conflict=update', {
      body: lines.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
  }
}

/** A refresh token never has two successors, and a session that has ended is refused everywhere. */
export class TokenFamily extends WithAccount implements Checker {
  readonly clients = 1;
  #refreshes = 0;

  async step(): Promise<void> {
    const { refreshToken } = this.account;
    const json = { refresh_token: refreshToken };
    const answers = await Promise.all(
      [0, 1, 2].map(() => this.ask('POST', '/token/refresh', { json, token: undefined })),
    );
    const given = answers.filter(answer => answer !== undefined);
    const successors = new Set(given.map(({ body }) => body.refresh_token as string));
    if (successors.size > 1 || given.some(({ status }) => status !== 200)) {
      const statuses = given.map(({ status }) => status).join(', ');
      this.anomalies.push(`${successors.size} successors of one refresh token (${statuses})`);
      await this.prepare();
    } else if (given.length > 0) {
      this.account.refreshToken = given[0].body.refresh_token;
      this.account.token = given[0].body.token;
    }
    this.#refreshes += 1;
    if (this.#refreshes % 20 === 0) {
      await this.#endSession();
    }
  }

  async #endSession(): Promise<void> {
    const ended = await this.ask('POST', '/logout');
    if (ended?.status === 204) {
      const deadline = performance.now() + 1_000;
      for (const url of this.world.urls) {
        await this.#expectRefusal(url, deadline);
      }
    }
    const { name, deviceToken } = this.account;
    const headers = { authorization: basic(name, PASSWORD), 'x-device-token': deviceToken };
    while (!this.world.isOver) {
      const answer = await ask(this.world, 'POST', '/login', { headers });
      if (answer?.status === 200) {
        const { token, refresh_token: refreshToken, device_token } = answer.body;
        this.account = { ...this.account, token, refreshToken, deviceToken: device_token };
        return;
      }
      if (answer !== undefined) {
        this.anomalies.push(`the owner's login was answered ${answer.status}`);
      }
    }
  }

  /** Every replica refuses an ended session after one second at the latest. */
  async #expectRefusal(url: string, deadline: number): Promise<void> {
    let answer: Answer | undefined;
    let asked: number;
    do {
      asked = performance.now();
      answer = await this.ask('GET', '/users/me', {}, url);
    } while (answer?.status !== 401 && asked < deadline);
    if (answer !== undefined && answer.status !== 401) {
      this.anomalies.push(`a session that had ended was answered ${answer.status}`);
    }
  }
}
