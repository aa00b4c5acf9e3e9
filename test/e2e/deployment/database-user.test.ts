import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET, databases } from '../../support/app.js';
import { call, newAccount } from '../../support/client.js';
import { freshDatabase } from '../../support/fresh-database.js';
import type { FreshDatabase } from '../../support/fresh-database.js';
import { ROOT, ServerProcess } from '../../support/process.js';

describe.runIf(databases().includes('postgres'))('the database user of compose.yaml', () => {
  const role = `library_${randomBytes(5).toString('hex')}`;
  let database: FreshDatabase;
  let superuser: pg.Client;
  let cwd: string;

  beforeAll(async () => {
    database = await freshDatabase('postgres');
    cwd = mkdtempSync(path.join(tmpdir(), 'library-api-user-'));
    superuser = new pg.Client({ connectionString: database.directUrl });
    await superuser.connect();
  });
  afterAll(async () => {
    await superuser.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER`);
    await superuser.query(`DROP OWNED BY ${role}`);
    await superuser.query(`DROP ROLE ${role}`);
    await superuser.end();
    await database.remove();
    rmSync(cwd, { recursive: true, force: true });
  });

  test('is no superuser, owns its database, and serves', async () => {
    const name = new URL(database.directUrl).pathname.slice(1);
    const password = "it's: a/secret@%";
    const secret = path.join(cwd, 'password');
    writeFileSync(secret, `${password}\n`);
    // The server reads it as another user of the system.
    chmodSync(cwd, 0o755);
    const script = readFileSync(`${ROOT}deploy/database.sql`, 'utf8')
      .replaceAll('/run/secrets/database_password', secret)
      .replaceAll('DATABASE library', `DATABASE ${name}`)
      .replaceAll(/(ROLE|TO) library/g, `$1 ${role}`);
    await superuser.query(script);
    const url = new URL(database.url);
    url.username = role;
    const server = await ServerProcess.start({
      cwd,
      env: {
        DATABASE_URL: url.href,
        DATABASE_PASSWORD_FILE: secret,
        SECRET_KEY: SECRET,
        REGISTER_LIMIT: 'off',
      },
    });
    const { token } = await newAccount(server.url);
    const json = { name: 'Paul Lynch', book: 'Prophet Song', country: 'Ireland' };
    expect((await call(server.url, 'POST', '/author', { token, json })).status).toBe(201);
    const found = await superuser.query(
      `SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
        (SELECT count(*)::int FROM pg_tables WHERE tableowner = rolname AND tablename = 'authors') AS tables
        FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    expect(found.rows).toEqual([
      {
        rolsuper: false,
        rolcreatedb: false,
        rolcreaterole: false,
        rolreplication: false,
        rolbypassrls: false,
        tables: 1,
      },
    ]);
    expect(server.lines.join('\n')).not.toContain(password);
    await server.stop();
  });
});
