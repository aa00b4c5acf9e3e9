import { describe, expect, it } from 'vitest';
import { isConnectionLost, startError, toProblem } from './database-errors.js';

describe('startError', () => {
  it.each([
    ['postgres://u:SECRETp@SSWORD@host/db', 'postgres://host/db'],
    ['postgres://u:SECRET/SSWORD@host/db', 'postgres://host/db'],
    ['postgres://SECRET@SSWORD:SECRET@host:1/db?sslmode=require', 'postgres://host:1/db'],
    ['postgres://u:1?SECRET@host/db', 'postgres://…'],
    ['postgres://host/db?password=SECRET@SSWORD', 'postgres://…'],
    ['postgres://u:SECRET', 'postgres://…'],
    ['sqlite:/data/library.db', '/data/library.db'],
  ])('should show of %s only the place', (url, shown) => {
    const { message } = startError(new Error('no'), url);
    expect(message).toBe(`the database ${shown} cannot be opened: no`);
    expect(message).not.toMatch(/SECRET|SSWORD/);
  });
});

describe('toProblem', () => {
  it.each([
    // The server stops, starts, recovers, is overloaded, or its disk fails.
    ...['57P01', '57P02', '57P03', '57P05', '53300', '53200', '08006', '58030', '58P01'],
    // The socket of a server that is away, hung or has a full queue.
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOTCONN', 'ETIMEDOUT', 'ENOENT'],
    ...['EAGAIN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ENETUNREACH', 'EAI_AGAIN', 'EACCES'],
    ...['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'],
  ])('should be unavailable for the code %s of a database that is away', code => {
    const error = Object.assign(new Error('it is away'), { code });
    expect(toProblem(error)).toMatchObject({ code: 'unavailable', cause: error });
  });

  it.each([
    'Connection terminated',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client was closed and is not queryable',
    'Client has encountered a connection error and is not queryable',
    'Received unexpected commandComplete message from backend.',
  ])('should be unavailable for “%s” of the driver, and the connection lost', message => {
    expect(toProblem(new Error(message))).toMatchObject({ code: 'unavailable' });
    expect(isConnectionLost(new Error(message))).toBe(true);
  });
});
