// The raw server to compare with: node:http, better-sqlite3 and an HMAC, the same rows, the same durability.
// Prints `PORT TOKEN`; the file of the database is in DATABASE.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Driver as Database } from '#dist/database/sqlite-driver.js';

const OWNER = 1;
const db = new Database(process.env.DATABASE);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`CREATE TABLE IF NOT EXISTS authors (
  id INTEGER PRIMARY KEY AUTOINCREMENT, owner_id INTEGER NOT NULL, name TEXT NOT NULL, book TEXT NOT NULL,
  country TEXT NOT NULL, booker_prize INTEGER NOT NULL, name_key TEXT NOT NULL, book_key TEXT NOT NULL,
  version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS authors_book ON authors (owner_id, name_key, book_key);
  CREATE INDEX IF NOT EXISTS authors_owner ON authors (owner_id, id)`);

const list = db.prepare('SELECT * FROM authors WHERE owner_id = ? ORDER BY id LIMIT ?');
const one = db.prepare('SELECT * FROM authors WHERE owner_id = ? AND id = ?');
const insert =
  db.prepare(`INSERT INTO authors (owner_id, name, book, country, booker_prize, name_key, book_key,
  version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?) RETURNING *`);

const key = randomBytes(32);
const sign = text => createHmac('sha256', key).update(text).digest();
const payload = Buffer.from(JSON.stringify({ sub: OWNER, exp: 4e9 })).toString('base64url');
const token = `${payload}.${sign(payload).toString('base64url')}`;

function ownerOf(request) {
  const [body, mac] = (request.headers.authorization ?? '').slice(7).split('.');
  if (mac === undefined || !timingSafeEqual(Buffer.from(mac, 'base64url'), sign(body))) {
    return undefined;
  }
  return JSON.parse(Buffer.from(body, 'base64url')).sub;
}

const toRecord = row => ({
  id: row.id,
  name: row.name,
  book: row.book,
  country: row.country,
  booker_prize: row.booker_prize === 1,
  version: row.version,
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
});

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const server = createServer((request, response) => {
  const owner = ownerOf(request);
  if (owner === undefined) {
    return answer(response, 401, {});
  }
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'POST') {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      const { name, book, country, booker_prize } = JSON.parse(Buffer.concat(chunks));
      const now = Date.now();
      const row = insert.get(
        owner,
        name,
        book,
        country,
        Number(booker_prize),
        name.toLowerCase(),
        book.toLowerCase(),
        now,
        now,
      );
      answer(response, 201, toRecord(row));
    });
    return undefined;
  }
  if (url.pathname === '/authors') {
    const rows = list.all(owner, Number(url.searchParams.get('limit') ?? 100));
    return answer(response, 200, { list_of_authors: rows.map(toRecord) });
  }
  const row = one.get(owner, Number(url.pathname.slice('/authors/'.length)));
  return row === undefined ? answer(response, 404, {}) : answer(response, 200, toRecord(row));
});
server.keepAliveTimeout = 72_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port, token));
process.on('SIGTERM', () => process.exit(0));
