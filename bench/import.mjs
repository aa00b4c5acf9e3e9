// Compares an import with prepared inserts into the same tables in one transaction.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Driver as Database } from '#dist/database/sqlite-driver.js';
import { rss } from './figures.mjs';
import { account, startProduct } from './servers.mjs';
import { importRecords } from './pages.mjs';

/** Rows per second of prepared inserts, with all indexes and triggers of the product's table. */
function rawInserts(file, count) {
  const db = new Database(file);
  db.pragma('synchronous = FULL');
  const columns = db
    .pragma('table_info(authors)')
    .map(({ name }) => name)
    .filter(name => name !== 'id');
  const sample = db.prepare('SELECT * FROM authors LIMIT 1').get();
  db.exec('DELETE FROM authors');
  const insert = db.prepare(
    `INSERT INTO authors (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const begin = performance.now();
  db.transaction(() => {
    for (let i = 0; i < count; i += 1) {
      const own = {
        name: `Author ${i % 5000}`,
        book: `Volume ${i}`,
        name_key: `author ${i % 5000}`,
        words: `${sample.words} x${i}`,
        book_key: `volume ${i}`,
        name_sort: `author ${i % 5000}`,
        book_sort: `volume ${i}`,
      };
      const row = { ...sample, ...own };
      insert.run(columns.map(name => row[name]));
    }
  })();
  const seconds = (performance.now() - begin) / 1000;
  db.close();
  return count / seconds;
}

export async function measureImport(lines, table) {
  const server = await startProduct();
  const { url, pid, dataDir } = server;
  try {
    const { token } = await account(url, 'importer');
    await importRecords(url, token, 1);
    // The raw inserts use a copy of the same, almost empty tables.
    const copy = join(dataDir, 'raw.db');
    const db = new Database(join(dataDir, 'library.db'));
    db.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(join(dataDir, 'library.db'), copy);
    db.exec('DELETE FROM authors');
    db.close();
    const before = rss(pid);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, rss(pid))), 100);
    const begin = performance.now();
    await importRecords(url, token, lines);
    const perSecond = lines / ((performance.now() - begin) / 1000);
    clearInterval(watch);
    const floor = rawInserts(copy, lines);
    table.row(
      `import of ${lines} lines ÷ raw prepared inserts`,
      perSecond / floor,
      0.35,
      0.6,
      `${Math.round(perSecond)} rows/s, raw ${Math.round(floor)}; memory ${Math.round(before)} MiB before, ${Math.round(peak)} MiB at its peak`,
    );
  } finally {
    await server.stop();
  }
}
