import { Option } from 'commander';
import type { Command } from 'commander';
import { KeyRing } from '../auth/keys/key-ring.js';
import type { KeyPurpose } from '../auth/keys/signing-key.entity.js';
import { rfc3339 } from '../http/time.js';
import { show, withServices } from './run.js';

interface Options {
  json?: boolean;
}

/** What operators call the keys. */
const PURPOSES = { access: 'signing', refresh: 'server', pepper: 'pepper' } as const;
type Purpose = keyof typeof PURPOSES;

const DAY_MS = 86_400_000;

const NOTES = `
access: signs access tokens. The old key verifies until its last token expires.
refresh: signs refresh tokens and counts login attempts. Old refresh tokens stay valid until they are exchanged;
the throttle starts to count names again.
pepper: goes into password hashes. Each password moves to the new pepper when its user logs in next.
No one is logged out, and all processes use the new key within a second.`;

/** `keys list|rotate`: the keys that the database holds, sealed. */
export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('manage the keys of tokens and passwords');
  keys
    .command('list')
    .description(
      'list the keys with purpose and age, and how long each verifies, without their secrets',
    )
    .option('--json', 'print JSON')
    .action(list);
  keys
    .command('rotate')
    .description('replace a key; existing tokens and passwords stay valid')
    .addOption(
      new Option('--purpose <purpose>', 'the key to replace')
        .choices(Object.keys(PURPOSES))
        .default('access'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', NOTES)
    .action(rotate);
}

async function list(options: Options): Promise<void> {
  await withServices(async app => {
    const records = await app.get(KeyRing).list();
    const rows = records.map(record => ({
      kid: record.kid,
      purpose: purposeOf(record.purpose),
      algorithm: record.algorithm,
      created_at: rfc3339(record.createdAt),
      age_days: Math.floor((Date.now() - record.createdAt) / DAY_MS),
      current: record.retiredAt === null,
      verifies_until: record.verifyUntil === null ? null : rfc3339(record.verifyUntil),
    }));
    const lines = rows.map(row =>
      [
        row.kid,
        row.purpose.padEnd(7),
        row.algorithm ?? '-    ',
        row.created_at,
        `${row.age_days} days old`,
        row.current ? 'current' : `until ${row.verifies_until ?? 'its last password has moved'}`,
      ].join('  '),
    );
    show(options, { keys: rows }, lines.join('\n'));
  });
}

async function rotate(options: Options & { purpose: Purpose }): Promise<void> {
  const { purpose } = options;
  await withServices(async app => {
    const { kid, algorithm } = await app.get(KeyRing).rotate(PURPOSES[purpose]);
    const sentence = `${kid} is the ${purpose} key from now on`;
    show(options, { kid, purpose, algorithm }, sentence);
  });
}

function purposeOf(stored: KeyPurpose): Purpose {
  return (Object.keys(PURPOSES) as Purpose[]).find(name => PURPOSES[name] === stored) as Purpose;
}
