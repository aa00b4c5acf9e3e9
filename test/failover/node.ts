import { spawnSync } from 'node:child_process';
import { chownSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newPostgres, NOBODY } from '../support/postgres.js';
import type { PostgresServer } from '../support/postgres.js';

const SETTINGS = { synchronous_commit: 'on', wal_keep_size: '256MB', wal_sender_timeout: '5s' };

/** A PostgreSQL server in a pair of a primary and a standby, with what Patroni adds: an address that tells its role. */
export class Node {
  private constructor(
    private readonly server: PostgresServer,
    private readonly roles: Server,
  ) {}

  static async primary(): Promise<Node> {
    const server = await newPostgres(SETTINGS);
    server.initialize();
    await server.start();
    return Node.#of(server);
  }

  /** A standby of `primary`, made from a copy of its files as pg_basebackup makes it. */
  static async standbyOf(primary: Node): Promise<Node> {
    const primary_conninfo = `host=${primary.server.directory} user=postgres application_name=standby`;
    const server = await newPostgres({ ...SETTINGS, primary_conninfo });
    const client = await primary.#connect();
    await client.query("SELECT pg_backup_start('standby', true)");
    // Files may vanish during the copy: the log that the standby streams has their changes.
    spawnSync('cp', ['-a', primary.server.data, server.data]);
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
    await client.end();
    for (const directory of ['pg_wal', 'pg_replslot']) {
      const at = path.join(server.data, directory);
      const files = readdirSync(at, { withFileTypes: true }).filter(each => each.isFile());
      files.forEach(({ name }) => rmSync(path.join(at, name)));
    }
    for (const file of ['postmaster.pid', 'postmaster.opts', 'postgresql.auto.conf']) {
      rmSync(path.join(server.data, file), { force: true });
    }
    const added = {
      backup_label: rows[0].labelfile as string,
      'standby.signal': '',
      'postgresql.auto.conf': '',
    };
    for (const [name, text] of Object.entries(added)) {
      writeFileSync(path.join(server.data, name), text);
      if (process.getuid?.() === 0) {
        chownSync(path.join(server.data, name), NOBODY, NOBODY);
      }
    }
    await server.start();
    return Node.#of(server);
  }

  static async #of(server: PostgresServer): Promise<Node> {
    const roles = createServer((_request, response) => {
      void isPrimary(server.url).then(yes => response.writeHead(yes ? 200 : 503).end());
    });
    roles.listen(0, '127.0.0.1');
    await once(roles, 'listening');
    return new Node(server, roles);
  }

  get url(): string {
    return this.server.url;
  }

  /** The line of haproxy's configuration. */
  line(name: string): string {
    const { port } = this.roles.address() as AddressInfo;
    const socket = path.join(this.server.directory, '.s.PGSQL.5432');
    return `    server ${name} unix@${socket} addr 127.0.0.1 port ${port}`;
  }

  /** Makes each commit wait for the standby, and returns when the standby has all of this server. */
  async waitForStandby(): Promise<void> {
    const client = await this.#connect();
    await client.query("ALTER SYSTEM SET synchronous_standby_names = '*'");
    await client.query('SELECT pg_reload_conf()');
    const inStep = `SELECT count(*)::int AS n FROM pg_stat_replication
      WHERE sync_state = 'sync' AND flush_lsn >= pg_current_wal_flush_lsn()`;
    await until(async () => (await client.query(inStep)).rows[0].n === 1);
    await client.end();
  }

  async promote(): Promise<void> {
    const client = await this.#connect();
    const { rows } = await client.query('SELECT pg_promote(true, 30) AS done');
    await client.end();
    if (rows[0].done !== true) {
      throw new Error('the standby was not promoted');
    }
  }

  /** SIGKILL, as when the machine loses its power; SIGSTOP, as when its network is gone: connections stay open. */
  signal(signal: 'SIGKILL' | 'SIGSTOP'): void {
    this.server.signal(signal);
  }

  async stop(): Promise<void> {
    this.roles.closeAllConnections();
    this.roles.close();
    await this.server.stop();
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.server.url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}

async function isPrimary(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('SELECT pg_is_in_recovery() AS recovering');
    return rows[0].recovering === false;
  } catch {
    return false;
  } finally {
    void client.end().catch(() => undefined);
  }
}

/** Waits for a condition, up to 30 s. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error('the condition did not come true within 30 s');
    }
    await sleep(20);
  }
}
