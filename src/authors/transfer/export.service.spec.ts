import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import type { Config } from '../../config/config.js';
import type { Principal } from '../../http/principal.js';
import type { Lists } from '../../lists/lists.js';
import { ExportService } from './export.service.js';

afterEach(() => {
  vi.useRealTimers();
});

const record = { id: 1, name: 'Muriel Spark', book: 'x'.repeat(300) };

async function* records() {
  for (let count = 0; count < 100_000; count += 1) {
    yield record;
  }
}

it('ends an export that its client does not read when another user needs its turn', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const service = new ExportService(
    { stream: records } as unknown as Lists,
    { maxExportsPerUser: 1 } as Config,
  );
  const start = (userId: number): Readable =>
    service.stream({ userId } as Principal, { format: 'ndjson' } as never, async () => undefined);
  const exports = Array.from({ length: 50 }, (_, at) => start(at));
  const errors: Error[] = [];
  exports.forEach(each => each.on('error', error => errors.push(error)));
  await Promise.all(exports.map(each => once(each, 'readable')));
  vi.advanceTimersByTime(60_000);
  expect(errors).toEqual([]);

  // All but the first one go on.
  exports.slice(1).forEach(each => each.read());
  const another = start(50);
  const began = once(another, 'readable');
  await new Promise(resolve => setTimeout(resolve, 100));
  vi.advanceTimersByTime(1_000);
  await began;
  expect(errors).toMatchObject([{ code: 'unavailable' }]);
  expect(exports[0].destroyed).toBe(true);
  [another, ...exports].forEach(each => each.destroy());
});
