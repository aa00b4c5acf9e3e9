import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatabaseKind } from '../support/app.js';
import { SECRET } from '../support/app.js';
import { PASSWORD, login, newAccount } from '../support/client.js';
import type { Account } from '../support/client.js';
import { withFirstAdmin, ADMIN } from '../support/admin.js';
import { freshDatabase } from '../support/fresh-database.js';
import type { FreshDatabase } from '../support/fresh-database.js';
import { ROOT, ServerProcess } from '../support/process.js';

/** What a flood aims at: without a name unknown ones, without a password wrong ones. */
export interface Target {
  label: string;
  name?: string;
  password?: string;
  device?: string;
}

/** Answers of a flood: target, status, how many. */
export type Counts = Record<string, Record<string, number>>;

/** The product as it would run: one server on SQLite, three replicas on PostgreSQL. */
export class Cluster {
  replicas: ServerProcess[] = [];
  /** Of replicas that were restarted, too. */
  readonly #logs: string[][] = [];
  readonly #floods: Flood[] = [];
  #next = 0;

  private constructor(
    private readonly fresh: FreshDatabase,
    readonly directory: string,
    private readonly size: number,
    private readonly env: Record<string, string>,
  ) {}

  static async start(kind: DatabaseKind, env: Record<string, string> = {}): Promise<Cluster> {
    const fresh = await freshDatabase(kind);
    const directory = mkdtempSync(path.join(tmpdir(), 'library-api-attack-'));
    const size = kind === 'postgres' ? 3 : 1;
    const cluster = new Cluster(fresh, directory, size, { ...env, ...withFirstAdmin() });
    await cluster.#boot();
    return cluster;
  }

  get databaseUrl(): string {
    return this.fresh.url;
  }

  get urls(): string[] {
    return this.replicas.map(({ url }) => url);
  }

  /** The replicas in turn, as a balancer has it. */
  get url(): string {
    this.#next += 1;
    return this.replicas[this.#next % this.replicas.length].url;
  }

  get lines(): string[] {
    return this.#logs.flat();
  }

  async restart(): Promise<void> {
    await Promise.all(this.replicas.map(replica => replica.stop('SIGKILL')));
    await this.#boot();
  }

  async close(): Promise<void> {
    this.#floods.forEach(flood => flood.abandon());
    await Promise.all(this.replicas.map(replica => replica.stop('SIGKILL')));
    await this.fresh.remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async admin(): Promise<string> {
    return (await login(this.url, ADMIN, PASSWORD)).body.token;
  }

  account(): Promise<Account> {
    return newAccount(this.url);
  }

  flood(targets: Target[], addresses = 1_000): Flood {
    const flood = new Flood({ urls: this.urls, targets, addresses, inFlight: 64, perSecond: 500 });
    this.#floods.push(flood);
    return flood;
  }

  async #boot(): Promise<void> {
    const start = (): Promise<ServerProcess> =>
      ServerProcess.start({
        cwd: this.directory,
        env: {
          DATA_DIR: this.directory,
          DATABASE_URL: this.fresh.url,
          SECRET_KEY: SECRET,
          REGISTER_LIMIT: 'off',
          ...this.env,
        },
      });
    this.replicas = await Promise.all(Array.from({ length: this.size }, start));
    this.#logs.push(...this.replicas.map(({ lines }) => lines));
  }
}

/** Logins without pause, from another process. */
export class Flood {
  readonly #child: ChildProcess;
  readonly #began = Date.now();
  #output = '';

  constructor(orders: object) {
    this.#child = fork(`${ROOT}test/attack/flood.mjs`, [JSON.stringify(orders)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Ends it without a word, if it still goes on. */
  abandon(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends it; how it was answered, and how long it lasted in seconds. */
  async stop(): Promise<{ counts: Counts; seconds: number }> {
    this.#child.kill('SIGTERM');
    await once(this.#child, 'close');
    return {
      counts: JSON.parse(this.#output) as Counts,
      seconds: (Date.now() - this.#began) / 1_000,
    };
  }
}
