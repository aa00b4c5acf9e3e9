import { KeyRing } from '../auth/keys/key-ring.js';
import { KeysModule } from '../auth/keys/keys.module.js';
import type { KeyPurpose } from '../auth/keys/signing-key.entity.js';
import { rfc3339 } from '../http/time.js';
import { show } from './output.js';
import { withServices } from './services.js';

/** What operators call the keys. */
const PURPOSES = { access: 'signing', refresh: 'server', pepper: 'pepper' } as const;
type Purpose = keyof typeof PURPOSES;

const DAY_MS = 86_400_000;

/** `keys list` */
export async function list(): Promise<void> {
  await withServices([KeysModule], async app => {
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
    show({ keys: rows }, lines.join('\n'));
  });
}

/** `keys rotate` */
export async function rotate({ purpose }: { purpose: Purpose }): Promise<void> {
  await withServices([KeysModule], async app => {
    const { kid, algorithm } = await app.get(KeyRing).rotate(PURPOSES[purpose]);
    const sentence = `${kid} is the ${purpose} key from now on`;
    show({ kid, purpose, algorithm }, sentence);
  });
}

function purposeOf(stored: KeyPurpose): Purpose {
  return (Object.keys(PURPOSES) as Purpose[]).find(name => PURPOSES[name] === stored) as Purpose;
}
