import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { call, login, newAccount } from '../support/client.js';
import type { Account, Answer } from '../support/client.js';
import { newAdmin } from './auth/inside.js';

/** The samples of a scrape, by series. */
type Samples = Record<string, number>;

describe.each(databases())('metrics on %s', kind => {
  let running: RunningApp;
  let admin: Account;

  beforeAll(async () => {
    running = await startApp(kind, { env: { MAX_RECORDS_PER_USER: '3' } });
    admin = await newAdmin(running);
  });
  afterAll(() => running.close());

  async function scrape(): Promise<Samples> {
    const { status, text } = await call(running.url, 'GET', '/metrics', { token: admin.token });
    expect(status).toBe(200);
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(
      lines.map(line => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** How much each series grew while `work` ran; series that did not are left out. */
  async function growth(work: () => Promise<unknown>): Promise<Samples> {
    const before = await scrape();
    await work();
    const after = await scrape();
    const grown = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]);
    return Object.fromEntries(grown.filter(([, by]) => by !== 0)) as Samples;
  }

  const authors = (rows: number, token: string): Promise<Answer> =>
    call(running.url, 'POST', '/authors/import?on_error=skip&on_conflict=skip', {
      token,
      headers: { 'content-type': 'text/csv' },
      body: `name,book,country\n${Array.from({ length: rows }, (_, i) => `A,B ${i},C\n`).join('')}broken\n`,
    });

  it('name the build', async () => {
    const [series] = Object.keys(await scrape()).filter(name => name.includes('build_info'));
    expect(series).toBe(`library_api_build_info{version="0.1.0",node="${process.versions.node}"}`);
  });

  it('count logins by result and lane, and security events', async () => {
    const user = await newAccount(running.url);
    const grown = await growth(async () => {
      await login(running.url, user.name, user.password);
      await login(running.url, user.name, 'not the password');
      const json = { name: 'x', scopes: ['authors:read'] };
      const made = await call(running.url, 'POST', '/tokens', { token: user.token, json });
      await call(running.url, 'DELETE', `/tokens/${made.body.id}`, { token: user.token });
      const refresh = { json: { refresh_token: user.refreshToken } };
      await call(running.url, 'POST', '/token/refresh', refresh);
      const { body } = await call(running.url, 'POST', '/token/refresh', refresh);
      const next = { json: { refresh_token: body.refresh_token } };
      await call(running.url, 'POST', '/token/refresh', next);
      await call(running.url, 'POST', '/token/refresh', refresh);
    });
    expect(grown).toMatchObject({
      'library_api_logins_total{result="succeeded",lane="address"}': 1,
      'library_api_logins_total{result="failed",lane="address"}': 1,
      'library_api_security_events_total{event="token.created"}': 1,
      'library_api_security_events_total{event="token.revoked"}': 1,
      'library_api_hash_wait_seconds_count{lane="trusted"}': 2,
    });
  });

  it('count commits, and what they cost', async () => {
    const grown = await growth(() => newAccount(running.url));
    expect(grown.library_api_commit_seconds_count).toBeGreaterThanOrEqual(2);
    expect(grown.library_api_commit_seconds_sum).toBeGreaterThan(0);
    if (kind === 'sqlite') {
      expect(grown.library_api_batch_units_count).toBe(grown.library_api_commit_seconds_count);
    }
  });

  it('count the rows of imports, and quotas that were met', async () => {
    const { token } = await newAccount(running.url);
    const grown = await growth(async () => {
      expect((await authors(2, token)).status).toBe(200);
      expect((await authors(5, token)).status).toBe(507);
    });
    expect(grown).toMatchObject({
      'library_api_import_rows_total{result="created"}': 2,
      'library_api_import_rows_total{result="faulty"}': 1,
      'library_api_quotas_met_total{quota="MAX_RECORDS_PER_USER"}': 1,
    });
  });

  it('count what was throttled, by its limit', async () => {
    const { name } = await newAccount(running.url);
    const grown = await growth(async () => {
      while ((await login(running.url, name, 'not the password')).status === 401) {
        // Until the limit.
      }
    });
    expect(grown).toMatchObject({
      'library_api_throttled_total{limit="login"}': 1,
      'library_api_logins_total{result="throttled",lane="none"}': 1,
    });
  });

  it('show the state of queues, threads and pool at the moment', async () => {
    const now = await scrape();
    expect(now).toMatchObject({
      http_requests_in_flight: 1,
      'library_api_hash_queue_length{lane="trusted"}': 0,
      library_api_writer_queue_length: 0,
      library_api_imports_running: 0,
      library_api_pool_waiting: 0,
      library_api_log_lines_lost_total: 0,
      library_api_requests_shed_total: 0,
      library_api_last_backup_timestamp_seconds: 0,
    });
    expect('library_api_pool_connections{state="idle"}' in now).toBe(kind === 'postgres');
    expect('library_api_reader_threads{state="idle"}' in now).toBe(true);
  });
});
