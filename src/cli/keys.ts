import type { Command } from 'commander';
import { KeyRing } from '../auth/keys/key-ring.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { rfc3339 } from '../http/time.js';
import { show, withServices } from './run.js';

interface Options {
  json?: boolean;
}

/** `keys list|rotate`: the keys that sign access tokens. */
export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('manage signing keys');
  keys
    .command('list')
    .description('list the keys and how long each verifies, without their secrets')
    .option('--json', 'print JSON')
    .action(list);
  keys
    .command('rotate')
    .description('sign with a new JWT_ALGORITHM key; existing tokens stay valid')
    .option('--json', 'print JSON')
    .action(rotate);
}

async function list(options: Options): Promise<void> {
  await withServices(async app => {
    const records = await app.get(KeyRing).list();
    const rows = records.map(record => ({
      kid: record.kid,
      purpose: record.purpose,
      algorithm: record.algorithm,
      created_at: rfc3339(record.createdAt),
      verifies_until: record.verifyUntil === null ? null : rfc3339(record.verifyUntil),
    }));
    const lines = rows.map(row =>
      [
        row.kid,
        row.purpose,
        row.algorithm ?? '-',
        row.created_at,
        row.verifies_until ?? 'current',
      ].join('  '),
    );
    show(options, { keys: rows }, lines.join('\n'));
  });
}

async function rotate(options: Options): Promise<void> {
  await withServices(async app => {
    const { jwtAlgorithm } = app.get<Config>(CONFIG);
    const { kid, algorithm } = await app.get(KeyRing).rotate(jwtAlgorithm);
    show(options, { kid, algorithm }, `${kid} (${algorithm}) signs from now on`);
  });
}
