import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { DatabaseProcess, NOBODY } from './postgres.js';

/** Debian installs it where only the administrator's PATH leads. */
const PROGRAM = ['pgbouncer', '/usr/sbin/pgbouncer'].find(
  program => spawnSync(program, ['--version']).status === 0,
);

/** Whether PgBouncer is installed; without it the run says NOT TESTED. */
export const hasPooler = PROGRAM !== undefined;

const PORT = 6432;

/** How the product reaches a test server: directly, or with TEST_POOLER=transaction through PgBouncer. */
export async function frontDoor(server: string): Promise<{ url: string; stop(): Promise<void> }> {
  if (process.env.TEST_POOLER !== 'transaction') {
    return { url: server, stop: () => Promise.resolve() };
  }
  const pooler = await Pooler.start(server);
  return { url: pooler.url(), stop: () => pooler.stop() };
}

/** A PgBouncer in transaction mode, with its own defaults, in front of a test server. */
export class Pooler {
  readonly #process = new DatabaseProcess('PgBouncer', 'TERM', 10_000);

  private constructor(
    private readonly directory: string,
    private readonly server: string,
  ) {}

  /** @param server the address of the PostgreSQL server, which listens on a unix socket */
  static async start(server: string): Promise<Pooler> {
    if (PROGRAM === undefined) {
      throw new Error("No PgBouncer to test through: install Debian's package pgbouncer");
    }
    const pooler = new Pooler(mkdtempSync(path.join(tmpdir(), 'library-api-pooler-')), server);
    pooler.#configure();
    await pooler.resume();
    return pooler;
  }

  /** The address of a database behind the pooler; of the server's default one without an argument. */
  url(direct = this.server): string {
    const url = new URL(direct);
    url.searchParams.set('host', this.directory);
    url.searchParams.set('port', String(PORT));
    return url.href;
  }

  /** Starts it, again after `halt`. */
  resume(): Promise<void> {
    return this.#process.start([PROGRAM!, 'pgbouncer.ini'], this.directory, this.url());
  }

  /** Ends it and all connections through it. */
  halt(): Promise<void> {
    return this.#process.halt();
  }

  /** Lets every statement wait while `during` runs. */
  async paused(during: () => Promise<void>): Promise<void> {
    const console = Object.assign(new URL(this.url()), { pathname: 'pgbouncer' });
    const client = new pg.Client({ connectionString: console.href });
    await client.connect();
    try {
      await client.query('PAUSE');
      await during();
    } finally {
      await client.query('RESUME');
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #configure(): void {
    const { searchParams } = new URL(this.server);
    const settings = {
      listen_port: PORT,
      unix_socket_dir: this.directory,
      auth_type: 'trust',
      auth_file: 'users.txt',
      // Looks up the roles that tests make.
      auth_user: 'postgres',
      admin_users: 'postgres',
      pool_mode: 'transaction',
      max_client_conn: 1000,
      // After a failed connection it would wait 15 s.
      server_login_retry: 0.5,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    const databases = `[databases]\n* = host=${searchParams.get('host')}\n\n`;
    const configuration = `${databases}[pgbouncer]\n${lines.join('\n')}\n`;
    writeFileSync(path.join(this.directory, 'pgbouncer.ini'), configuration);
    writeFileSync(path.join(this.directory, 'users.txt'), '"postgres" ""\n');
    if (process.getuid?.() === 0) {
      chownSync(this.directory, NOBODY, NOBODY);
    }
  }
}
