import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import type Cursor from 'pg-cursor';
import { isConnectionLost } from './database-errors.js';
import type { Param } from './database.types.js';
import { beginWithLimits } from './postgres-sessions.js';
import { control } from './postgres-statements.js';

const STREAM_ROWS = 256;
/** How long the server may take for these rows; between them a slow reader may take longer. */
const ROWS_MS = 10_000;
const BEGIN_STREAM =
  'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; ' +
  'SET LOCAL idle_in_transaction_session_timeout = 0';

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
  const cursor = new Cursor(sql, [...params]);
  let isLost = false;
  const lose = (): void => {
    isLost = true;
  };
  client.once('error', lose);
  try {
    await client.query(control(BEGIN_STREAM));
    client.query(cursor);
    let rows = await answered(client, cursor.read(STREAM_ROWS));
    while (rows.length > 0) {
      yield* rows;
      rows = await answered(client, cursor.read(STREAM_ROWS));
    }
  } catch (error) {
    isLost ||= isConnectionLost(error);
    throw error;
  } finally {
    isLost ||= await isLostAtEnd(client, cursor);
    client.off('error', lose).off('error', ignoreLoss);
    client.release(isLost);
  }
}

/** The answer of a cursor, which would never settle if the connection is lost after its last row. */
async function answered<T>(client: PoolClient, answer: Promise<T>): Promise<T> {
  let fail!: (error: Error) => void;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const timer = setTimeout(() => fail(new Error('Query read timeout')), ROWS_MS);
  client.once('error', fail);
  try {
    return await Promise.race([answer, failed]);
  } finally {
    clearTimeout(timer);
    client.off('error', fail);
  }
}

async function isLostAtEnd(client: PoolClient, cursor: Cursor): Promise<boolean> {
  try {
    await answered(client, cursor.close());
  } catch {
    return true;
  }
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
