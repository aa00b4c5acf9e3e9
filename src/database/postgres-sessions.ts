import type { ClientBase, Pool } from 'pg';

/** What one statement may take (milliseconds), so that a request fails before too many others queue behind it. */
const LIMITS = {
  statement_timeout: 10_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
};

const CHECK_MS = 5_000;

/** One round trip: is it the primary, is it the session that the client was connected to, and if so its limits. */
const CHECK = `SELECT pg_is_in_recovery() AS "isStandby", pg_backend_pid() = $1 AS "isDirect", ${Object.entries(
  LIMITS,
)
  .map(
    ([name, ms]) =>
      `CASE WHEN pg_backend_pid() = $1 THEN set_config('${name}', '${ms}', false) END`,
  )
  .join(', ')}`;

/** pg's client; its types leave the process id of the session out. */
type Client = ClientBase & { readonly processID: number };

/** BEGIN with the limits of a statement, for sessions that cannot hold them. */
export function beginWithLimits(mode = '', statementMs = LIMITS.statement_timeout): string {
  const limits = Object.entries({ ...LIMITS, statement_timeout: statementMs });
  const settings = limits.map(([name, ms]) => `SET LOCAL ${name} = ${ms}`);
  return [`BEGIN ${mode}`, ...settings].join('; ');
}

/** What the product knows about the sessions behind its connections. Each new connection is checked. */
export class PostgresSessions {
  /** Whether a pooler may run each transaction in another session: then nothing may stay in one. */
  isPooled: boolean;
  readonly #unreplicated = new WeakSet<ClientBase>();

  constructor(isPooled: boolean) {
    this.isPooled = isPooled;
  }

  /** The sessions of a pool that `data-source.ts` made. */
  static of(pool: Pool): PostgresSessions {
    return (pool.options as unknown as { sessions: PostgresSessions }).sessions;
  }

  /** Prepares a new connection. A pooler shows by answering from another process than it named at the start. */
  readonly onConnect = async (client: ClientBase): Promise<void> => {
    const { processID } = client as Client;
    const values = [this.isPooled ? 0 : processID];
    const query = { text: CHECK, values, query_timeout: CHECK_MS };
    const { rows } = await client.query<{ isStandby: boolean; isDirect: boolean }>(query);
    if (rows[0].isStandby) {
      throw Object.assign(new Error('the server is a standby'), { code: '25006' });
    }
    this.isPooled ||= !rows[0].isDirect;
    client.on('notice', ({ routine }) => {
      if (routine === 'SyncRepWaitForLSN') {
        this.#unreplicated.add(client);
      }
    });
  };

  /**
   * Throws if the last commit did not wait for its synchronous standby: PostgreSQL reports such a commit as a success
   * with a warning, and a failover can lose it.
   */
  expectReplicated(client: ClientBase): void {
    if (this.#unreplicated.delete(client)) {
      throw Object.assign(new Error('the commit may be missing on the standby'), { code: '08007' });
    }
  }
}
