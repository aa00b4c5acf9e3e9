import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { SECRET } from '../support/app.js';
import type { DatabaseKind } from '../support/app.js';
import { freePort } from '../support/balancer.js';
import { hasPooler, Pooler } from '../support/pooler.js';
import { newPostgres, NOBODY } from '../support/postgres.js';
import type { PostgresServer } from '../support/postgres.js';
import { ROOT, ServerProcess } from '../support/process.js';
import { Wire } from '../support/wire.js';
import { Driver } from '../../src/database/sqlite-driver.js';

export { hasPooler };

/** What the product of one fault needs besides its database. */
export interface Setting {
  env?: Record<string, string>;
  /** PgBouncer stands before PostgreSQL. */
  pooled?: boolean;
  /** The file `clock` sets the clock. */
  hasClock?: boolean;
  /** Small disks for the database, the log or the temporary files. */
  disks?: readonly Disk[];
}

export type Disk = 'data' | 'log' | 'temporary';

const MEGABYTES: Record<Disk, number> = { data: 12, log: 1, temporary: 12 };
/** PostgreSQL needs this for an empty database. */
const POSTGRES_MEGABYTES = 150;

/** The product in one process, with a database of its own that can be harmed. */
export class Subject {
  server!: ServerProcess;
  pooler?: Pooler;
  readonly #mounts: string[] = [];

  private constructor(
    readonly kind: DatabaseKind,
    readonly directory: string,
    readonly port: number,
    readonly postgres: PostgresServer | undefined,
    private readonly setting: Setting,
    private readonly env: Record<string, string>,
    readonly wire?: Wire,
  ) {}

  static async start(kind: DatabaseKind, setting: Setting = {}): Promise<Subject> {
    const directory = mkdtempSync(path.join(tmpdir(), 'library-api-chaos-'));
    // A commit survives the death of the server, though not of the machine.
    const postgres =
      kind === 'postgres' ? await newPostgres({ synchronous_commit: 'on' }) : undefined;
    const wire = postgres && (await Wire.to(postgres.url));
    const port = await freePort();
    const subject = new Subject(kind, directory, port, postgres, setting, {}, wire);
    await subject.#prepare();
    return subject;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get databaseUrl(): string {
    return this.postgres?.url ?? `sqlite:${this.#place('data')}/library.db`;
  }

  get clock(): string {
    return path.join(this.directory, 'clock');
  }

  async boot(): Promise<void> {
    const log = this.setting.disks?.includes('log') ? `${this.#place('log')}/log` : undefined;
    this.server = await ServerProcess.start({ cwd: this.directory, env: this.env, log });
  }

  async kill(): Promise<void> {
    await this.server.stop('SIGKILL');
    await this.boot();
  }

  /** SIGKILL also ends one that stands still; it may have ended already. */
  signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch {
      // A fault at the same time ended it.
    }
  }

  /** Uses up what is left on a small disk. */
  fill(disk: Disk): void {
    const { status } = spawnSync('dd', [
      'if=/dev/zero',
      `of=${this.#place(disk)}/ballast`,
      'bs=4096',
    ]);
    if (status === 0) {
      throw new Error('the disk did not become full');
    }
  }

  empty(disk: Disk): void {
    rmSync(`${this.#place(disk)}/ballast`, { force: true });
  }

  /** How many descriptors the process has open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.server.pid}/fd`).length;
  }

  /** Resident memory (MiB). */
  get memory(): number {
    const status = readFileSync(`/proc/${this.server.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  }

  /** What is wrong in the database. */
  async faults(): Promise<string[]> {
    return this.kind === 'sqlite' ? this.#sqliteFaults() : this.#postgresFaults();
  }

  async ask(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.postgres!.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.server?.stop('SIGKILL');
    await this.pooler?.stop();
    await this.wire?.close();
    await this.postgres?.halt();
    this.#mounts.forEach(each => spawnSync('umount', ['-l', each]));
    await this.postgres?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #prepare(): Promise<void> {
    const { disks = [], pooled = false, env = {} } = this.setting;
    disks.forEach(disk => this.#mount(disk));
    mkdirSync(`${this.directory}/data`, { recursive: true });
    writeFileSync(this.clock, '+0');
    this.postgres?.initialize();
    await this.postgres?.start();
    this.pooler = pooled ? await Pooler.start(this.postgres!.url) : undefined;
    Object.assign(this.env, {
      PORT: String(this.port),
      HOST: '127.0.0.1',
      DATA_DIR: this.directory,
      DATABASE_URL: this.pooler?.url() ?? this.wire?.url ?? this.databaseUrl,
      SECRET_KEY: SECRET,
      REGISTER_LIMIT: 'off',
      MAX_CONNECTIONS_PER_NETWORK: '0',
      NODE_OPTIONS: `--import=${ROOT}test/chaos/preload.mjs`,
      ...(disks.includes('temporary') && { TMPDIR: this.#place('temporary') }),
      ...env,
      ...(this.setting.hasClock && { CHAOS_CLOCK: this.clock }),
    });
    await this.boot();
  }

  #place(disk: Disk): string {
    return disk === 'data' && this.postgres ? this.postgres.data : `${this.directory}/${disk}`;
  }

  #mount(disk: Disk): void {
    const place = this.#place(disk);
    const isPostgres = disk === 'data' && this.postgres !== undefined;
    const size = isPostgres ? POSTGRES_MEGABYTES : MEGABYTES[disk];
    const owner = isPostgres ? `,uid=${NOBODY},gid=${NOBODY},mode=700` : '';
    mkdirSync(place, { recursive: true });
    const options = ['-t', 'tmpfs', '-o', `size=${size}m${owner}`, 'tmpfs', place];
    if (spawnSync('mount', options).status !== 0) {
      throw new Error('no small disk can be mounted');
    }
    this.#mounts.push(place);
  }

  #sqliteFaults(): string[] {
    const db = new Driver(`${this.#place('data')}/library.db`);
    try {
      db.exec("INSERT INTO authors_search(authors_search) VALUES ('integrity-check')");
      const found = db.pragma('integrity_check') as { integrity_check: string }[];
      const broken = db.pragma('foreign_key_check') as object[];
      return [
        ...found.map(row => row.integrity_check).filter(text => text !== 'ok'),
        ...broken.map(row => JSON.stringify(row)),
      ];
    } catch (error) {
      return [(error as Error).message];
    } finally {
      db.close();
    }
  }

  /** Reads every row of every table, and asks which indexes are unusable. */
  async #postgresFaults(): Promise<string[]> {
    const invalid = await this.ask(
      'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid',
    );
    const tables = await this.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    for (const { tablename } of tables) {
      await this.ask(`SELECT count(t::text) FROM "${String(tablename)}" t`);
    }
    const twice = await this.ask(
      'SELECT name_key FROM authors GROUP BY owner_id, name_key, book_key HAVING count(*) > 1',
    );
    return [...invalid, ...twice].map(row => JSON.stringify(row));
  }
}

/** Whether this machine lets a test mount a small disk. */
export function canMount(): boolean {
  const place = mkdtempSync(path.join(tmpdir(), 'library-api-mount-'));
  const isMounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status === 0;
  spawnSync('umount', [place]);
  rmSync(place, { recursive: true, force: true });
  return isMounted;
}
