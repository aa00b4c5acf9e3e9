import { describe, expect, it } from 'vitest';
import { startError } from './database-errors.js';

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
