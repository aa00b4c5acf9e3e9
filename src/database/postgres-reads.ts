import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import type Cursor from 'pg-cursor';
import { isConnectionLost } from './database-errors.js';
import type { Param } from './database.types.js';
import { beginWithLimits } from './postgres-sessions.js';
import { control } from './postgres-statements.js';

const STREAM_ROWS = 256;

/** Runs a read that the server ends after `ms`, and releases the client. */
export async function readInTime(
  client: PoolClient,
  query: QueryConfig,
  ms?: number,
): Promise<QueryResult> {
  let isLost = false;
  try {
    return await runAtOnce(client, beginWithLimits('READ ONLY', ms), query);
  } catch (error) {
    isLost = isConnectionLost(error);
    throw error;
  } finally {
    client.off('error', ignoreLoss);
    client.release(isLost);
  }
}

/**
 * A statement as a transaction in one round trip: sends `begin`, the statement and COMMIT without waiting in between.
 * Throws the first error; the server has then undone all, if the connection is not lost.
 */
export async function runAtOnce(
  client: PoolClient,
  begin: string,
  query: QueryConfig,
): Promise<QueryResult> {
  const pipelining = client as PoolClient & { pipeline: boolean };
  pipelining.pipeline = true;
  // COMMIT waits for the statement, so it may take as long.
  const commit = { ...query, text: 'COMMIT', name: undefined, values: undefined };
  const sent = [control(begin), query, commit].map(each => client.query<object>(each));
  await Promise.allSettled(sent);
  pipelining.pipeline = false;
  const [, result] = await Promise.all(sent);
  return result;
}

/** Rows of one moment by a cursor; releases the client at the end. */
export async function* streamOn(
  client: PoolClient,
  sql: string,
  params: readonly Param[],
): AsyncGenerator {
  // Loaded late, because many processes never stream.
  const { default: Cursor } = await import('pg-cursor');
  let lose!: () => void;
  const lost = new Promise<true>(resolve => {
    lose = () => resolve(true);
  });
  client.once('error', lose);
  const cursor = new Cursor(sql, [...params]);
  try {
    await client.query(
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; ' +
        'SET LOCAL idle_in_transaction_session_timeout = 0',
    );
    client.query(cursor);
    let rows = await cursor.read(STREAM_ROWS);
    while (rows.length > 0) {
      yield* rows;
      rows = await cursor.read(STREAM_ROWS);
    }
  } finally {
    // On a lost connection, closing a cursor never settles.
    const isLost = await Promise.race([lost, endStream(client, cursor)]);
    client.off('error', lose).off('error', ignoreLoss);
    client.release(isLost);
  }
}

/** Whether the connection is unusable now. */
async function endStream(client: PoolClient, cursor: Cursor): Promise<boolean> {
  await cursor.close();
  return (await rollBack(client)) !== undefined;
}

/** Returns the error that makes the connection unusable, if any. */
export async function rollBack(client: PoolClient): Promise<unknown> {
  try {
    await client.query(control('ROLLBACK'));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The running statement reports a lost connection; without a listener the event would end the process. */
export function ignoreLoss(): void {}
