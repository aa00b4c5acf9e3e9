import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from '../attack/cluster.js';
import { PASSWORD, basic, call, freshName, login } from '../support/client.js';
import { ROOT } from '../support/process.js';

/** A time in which the second client waited, in epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** A turn of the server's event loop, and how long it took without other threads (milliseconds). */
export interface Turn extends Span {
  own: number;
}

/** How many requests the second client sent, how many were answered, and its longest wait (milliseconds). */
export interface Total {
  asked: number;
  answered: number;
  longest: number;
}

/** What the server holds; nothing where there is no /proc. */
export interface Holding {
  megabytes: number;
  /** The kind or file of each open descriptor. */
  descriptors: string[];
}

/** Descriptors of the three threads for long work, which start with their first use and stay. */
export const HELD_BY_THREADS = 18;

/** The built product in one process, a second client in another, and accounts that a run may use up. */
export class Subject {
  /** What the server held before the first request of the run. */
  before: Holding;
  readonly highest: Holding = { megabytes: 0, descriptors: [] };
  #cast: Record<string, string> = {};
  #gaps: Span[] = [];
  #told: (total: Total) => void = () => {};
  readonly #sampling = setInterval(() => this.#sample(), 100);

  private constructor(
    private readonly cluster: Cluster,
    private readonly watcher: ChildProcess,
    private readonly root: string,
  ) {
    watcher.on('message', ({ gap, total }: { gap: Span; total?: Total }) =>
      total === undefined ? this.#gaps.push(gap) : this.#told(total),
    );
  }

  static async start(): Promise<Subject> {
    const cluster = await Cluster.start('sqlite', {
      ACCESS_TOKEN_TTL: '1d',
      NODE_OPTIONS: `--import=${ROOT}test/attack/loop-probe.mjs`,
      LOOP_PROBE: 'turns',
    });
    const watcher = fork(`${ROOT}test/fuzz/watcher.mjs`, [cluster.url]);
    const subject = new Subject(cluster, watcher, await cluster.admin());
    try {
      await subject.#warmUp();
    } catch (error) {
      await subject.stop();
      throw error;
    }
    return subject;
  }

  /** Threads that import and connections that export start with their first use. */
  async #warmUp(): Promise<void> {
    await this.recast();
    await this.#ask('POST', '/authors/import', {}, 'text/csv', 'name,book,country\na,b,c');
    await this.#ask('GET', '/authors/export?format=csv');
    this.before = this.holding();
  }

  get port(): number {
    return Number(new URL(this.cluster.url).port);
  }

  /** Puts what this run knows in the place of each `{{name}}`. */
  readonly fill = (text: string): string =>
    text.replace(/\{\{([\w-]+)\}\}/g, (whole, name: string) => this.#cast[name] ?? whole);

  /** Makes new accounts, and for the admin one thing of each kind that a request can name. */
  async recast(): Promise<void> {
    const { cluster, root: token } = this;
    const [user, admin, victim] = await Promise.all([1, 2, 3].map(() => cluster.account()));
    const rights = { token, json: { admin: true } };
    await call(cluster.url, 'POST', '/sessions/confirm', { token, json: { password: PASSWORD } });
    await call(cluster.url, 'PATCH', `/users/${admin.publicId}`, rights);
    this.#cast = {
      user: user.token,
      admin: admin.token,
      password: PASSWORD,
      basic: basic(admin.name, PASSWORD),
      refresh: admin.refreshToken,
      users: victim.publicId,
      victim: victim.name,
      'Idempotency-Key': freshName(),
      'X-Device-Token': admin.deviceToken,
    };
    await this.#belongings(admin.name);
  }

  async #belongings(name: string): Promise<void> {
    const json = { name: freshName(), scopes: ['authors:read', 'authors:write', 'users:read'] };
    const [pat, spare, author, , second, code, ticket] = await Promise.all([
      this.#ask('POST', '/tokens', json),
      this.#ask('POST', '/tokens', json),
      this.#ask('POST', '/authors', { name: 'a', book: 'a', country: 'b' }),
      this.#ask('POST', '/authors', { name: 'b', book: 'a', country: 'b' }),
      login(this.cluster.url, name, PASSWORD),
      this.#ask('POST', `/users/${this.#cast.users}/reset`),
      this.#ask('POST', `/users/${this.#cast.users}/ticket`),
    ]);
    const page = await this.#ask('GET', '/authors?limit=1');
    const etag = author.headers.get('etag')!;
    Object.assign(this.#cast, {
      pat: pat.body.token,
      tokens: spare.body.id,
      authors: String(author.body.id),
      etag,
      'If-Match': etag,
      'If-None-Match': etag,
      sessions: second.body.session_id,
      code: code.body.code,
      'X-Login-Ticket': ticket.body.code,
      cursor: page.body.next_cursor,
    });
  }

  /** Waits for the server, which a client that left may have kept busy. Returns how it ended, if it did. */
  async settle(): Promise<string | undefined> {
    const [server] = this.cluster.replicas;
    try {
      await call(this.cluster.url, 'GET', '/health/live');
      return undefined;
    } catch {
      const code = await server.ended;
      return `the server ended with ${code}: ${/^.*Error.*$/m.exec(server.stderr)?.[0]}`;
    }
  }

  /** The waits since the last call that were longer than the watcher's threshold. */
  async takeGaps(): Promise<Span[]> {
    await this.total();
    return this.#gaps.splice(0);
  }

  /** The long turns of the server's event loop since the last call; undefined where there is no /proc. */
  takeTurns(): Turn[] | undefined {
    const file = path.join(this.cluster.directory, 'turns');
    if (!existsSync('/proc/thread-self/schedstat')) {
      return undefined;
    }
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    writeFileSync(file, '');
    return lines
      .map(line => line.split(' ').map(Number))
      .map(([from, to, own]) => ({ from, to, own }));
  }

  total(): Promise<Total> {
    this.watcher.send({});
    return new Promise(resolve => (this.#told = resolve));
  }

  holding(): Holding {
    const directory = `/proc/${this.cluster.replicas[0].pid}`;
    if (!existsSync(directory)) {
      return { megabytes: 0, descriptors: [] };
    }
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`${directory}/status`, 'utf8')) ?? [];
    const descriptors = readdirSync(`${directory}/fd`).map(fd => targetOf(`${directory}/fd/${fd}`));
    return {
      megabytes: Math.round(Number(kilobytes) / 1_024),
      // SQLite keeps those of connections that have closed for the connections that open next.
      descriptors: descriptors.filter(name => !name.endsWith('.db')),
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#sampling);
    this.watcher.kill();
    await this.cluster.close();
  }

  #sample(): void {
    const { megabytes, descriptors } = this.holding();
    this.highest.megabytes = Math.max(this.highest.megabytes, megabytes);
    if (descriptors.length > this.highest.descriptors.length) {
      this.highest.descriptors = descriptors;
    }
  }

  #ask(method: string, path: string, json?: object, type?: string, body?: string): Promise<any> {
    const options = type === undefined ? { json } : { headers: { 'content-type': type }, body };
    return call(this.cluster.url, method, path, { token: this.#cast.admin, ...options });
  }
}

/** What a descriptor is open for: the name of a file, or `socket:` and the like. */
function targetOf(descriptor: string): string {
  try {
    return path.basename(readlinkSync(descriptor)).replace(/\[.*/, '');
  } catch {
    return 'closed meanwhile';
  }
}
