import { afterEach, expect, it, vi } from 'vitest';
import type { Database } from '../../database/database.js';
import { storeFromThread } from './import-store.js';
import type { ImportThread } from './import-thread.js';

afterEach(() => vi.restoreAllMocks());

it('ends the transaction of an import after 10 minutes, because copies rely on it', async () => {
  const tx = { dialect: 'postgres', all: async () => [] };
  const database = { write: (work: (unit: object) => Promise<unknown>) => work(tx) };
  const row = [1, 'n', 'b', 'c', false, 'n', 'b', 'c', 'n', 'b', 'w'];
  const thread = { call: async () => [row] };
  let minutes = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (minutes += 4) * 60_000);
  const stored = storeFromThread(
    database as unknown as Database,
    thread as unknown as ImportThread,
    { ownerId: 1, onConflict: 'skip', format: 'csv' } as never,
    async () => 'stored',
  );
  await expect(stored).rejects.toMatchObject({ code: 'unavailable' });
});
