import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { call, login, newAccount } from '../../support/client.js';
import type { Account } from '../../support/client.js';
import { ServerProcess } from '../../support/process.js';
import { sendRaw } from '../../support/raw.js';

let cwd: string;
let server: ServerProcess;
let ada: Account;

beforeAll(async () => {
  cwd = mkdtempSync(path.join(tmpdir(), 'library-api-terminal-'));
  server = await ServerProcess.start({ cwd, env: { LOG_FORMAT: 'pretty' } });
  ada = await newAccount(server.url);
});
afterAll(async () => {
  await server.stop();
  rmSync(cwd, { recursive: true, force: true });
});

/** The lines with this request id, when the last is there. */
async function linesOf(id: string): Promise<string[]> {
  const found = (): string[] => server.lines.filter(line => line.includes(`request=${id}`));
  await vi.waitFor(() => expect(found().some(line => / ms /.test(line))).toBe(true));
  return found();
}

test.each([
  ['GET', '/authors?q=private', '/authors', 200],
  ['GET', '/authors/7', '/authors/7', 404],
  ['GET', '/authors?no=private', '/authors', 400],
  ['GET', '/no/such/route?token=private', '/no/such/route', 404],
  ['DELETE', '/authors/%1b%5b2J', '/authors/%1b%5b2J', 404],
  ['PUT', '/health/live', '/health/live', 405],
])('%s %s is one line', async (method, target, shown, status) => {
  const id = `line-${Math.random().toString(36).slice(2)}`;
  const headers = { 'x-request-id': id };
  const answer = await call(server.url, method, target, { token: ada.token, headers });
  expect(answer.status).toBe(status);
  const lines = await linesOf(id);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO  /);
  expect(lines[0]).toContain(` ${method} ${shown} ${status} `);
  expect(lines[0]).not.toContain('private');
});

test('the line names the user', async () => {
  const headers = { 'x-request-id': 'named-1' };
  await call(server.url, 'GET', '/users/me', { token: ada.token, headers });
  const [line] = await linesOf('named-1');
  expect(line).toMatch(new RegExp(`GET /users/me 200 [\\d.]+ ms user=${ada.publicId} request=`));
});

test('a security event is a line, and no secret is in it', async () => {
  await login(server.url, ada.name, 'not the password of ada');
  await vi.waitFor(() => expect(server.lines.join('\n')).toContain('event=login.failed'));
  expect(server.lines.join('\n')).not.toContain('not the password');
});

test('no control character reaches the terminal', async () => {
  await sendRaw(server.url, 'GET /a\u001b[2J\u0007\u009b HTTP/1.1\r\nhost: x\u001b[2J\r\n\r\n');
  await sendRaw(server.url, 'GET /authors\u009b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await linesOf((await call(server.url, 'GET', '/health/live')).headers.get('x-request-id')!);
  expect(server.lines.join('')).not.toMatch(/\p{Cc}/u);
});
