import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Processes } from '../../../test/auth/key-processes.js';
import { testDialects } from '../../../test/support/fresh-database.js';
import { ConfigError } from '../../config/config-error.js';

describe.each(testDialects())('an exchange of SECRET_KEY on %s', dialect => {
  let processes: Processes;

  beforeEach(async () => {
    processes = await Processes.on(dialect);
  });

  afterEach(() => processes.remove());

  const next = randomBytes(48);

  it('should seal everything again, so that the old one is needed no more', async () => {
    const old = await processes.start();
    await old.ring.rotate('signing');
    const listed = await old.ring.list();
    await processes.start({ secret: next, secretKeyPrevious: processes.secret });
    const after = await processes.start({ secret: next });
    expect(await after.ring.list()).toEqual(listed);
    expect(await after.ring.serverKey()).toEqual(await old.ring.serverKey());
    await expect(processes.start()).rejects.toThrow(ConfigError);
  });

  it('should let a process that still has the old key continue', async () => {
    const old = await processes.start();
    const { kid } = await old.ring.signingKey();
    await processes.start({ secret: next, secretKeyPrevious: processes.secret });
    const reads = old.reads();
    await expect
      .poll(async () => (await old.ring.signingKey()) && old.reads(), { timeout: 2000 })
      .toBeGreaterThan(reads);
    expect((await old.ring.signingKey()).kid).toBe(kid);
  });

  it('should seal nothing again when one key opens under neither', async () => {
    await processes.start();
    const { database } = await processes.create();
    await database.run(
      `INSERT INTO signing_keys (kid, purpose, sealed, created_at, retired_at)
        VALUES ('odd', 'pepper', 'v1.x', $1, $1)`,
      [Date.now()],
    );
    const rows = await database.all('SELECT * FROM signing_keys ORDER BY kid');
    await expect(
      processes.start({ secret: next, secretKeyPrevious: processes.secret }),
    ).rejects.toThrow(ConfigError);
    expect(await database.all('SELECT * FROM signing_keys ORDER BY kid')).toEqual(rows);
  });

  it('should refuse to start under a wrong one, with one line that names it', async () => {
    await processes.start();
    const wrong = randomBytes(32);
    const error = await processes.start({ secret: wrong }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message).toMatch(/^SECRET_KEY does not open [^\n]+$/);
    expect(message).not.toContain(wrong.toString('base64'));
  });
});
