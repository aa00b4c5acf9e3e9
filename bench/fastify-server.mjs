// A minimal Fastify application on better-sqlite3: compiled schemas, a JSON Web Token, no accounts, limits or log.
// Prints `PORT TOKEN`; the file of the database is in DATABASE.
import { createSecretKey, randomBytes } from 'node:crypto';
import { Driver as Database } from '#dist/database/sqlite-driver.js';
import Fastify from 'fastify';
import jwt from 'jsonwebtoken';

const db = new Database(process.env.DATABASE);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`CREATE TABLE authors (id INTEGER PRIMARY KEY AUTOINCREMENT, owner_id INTEGER NOT NULL,
  name TEXT NOT NULL, book TEXT NOT NULL, country TEXT NOT NULL, booker_prize INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1, created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, UNIQUE (owner_id, name, book));
  CREATE INDEX authors_owner ON authors (owner_id, id)`);
const list = db.prepare('SELECT * FROM authors WHERE owner_id = ? ORDER BY id LIMIT ?');
const one = db.prepare('SELECT * FROM authors WHERE owner_id = ? AND id = ?');
const insert = db.prepare(`INSERT INTO authors (owner_id, name, book, country, booker_prize)
  VALUES (?, ?, ?, ?, ?) RETURNING *`);

// Of bytes, jsonwebtoken tries to make a public key at each request.
const secret = createSecretKey(randomBytes(32));
const string = { type: 'string' };
const [integer, boolean] = [{ type: 'integer' }, { type: 'boolean' }];
const given = { name: string, book: string, country: string, booker_prize: boolean };
const stored = { version: integer, created_at: string, updated_at: string };
const author = { type: 'object', properties: { id: integer, ...given, ...stored } };
const authors = {
  type: 'object',
  properties: { list_of_authors: { type: 'array', items: author } },
};
const body = { type: 'object', required: ['name', 'book', 'country'], properties: given };

const app = Fastify();
app.addHook('onRequest', (request, reply, done) => {
  try {
    const { sub } = jwt.verify(request.headers.authorization?.slice(7), secret);
    request.ownerId = Number(sub);
    done();
  } catch {
    reply.code(401).send({ message: 'token is invalid' });
  }
});
app.get('/authors', { schema: { response: { 200: authors } } }, ({ ownerId, query }) => ({
  list_of_authors: list.all(ownerId, Number(query.limit ?? 100)),
}));
app.get('/authors/:id', { schema: { response: { 200: author } } }, ({ ownerId, params }) =>
  one.get(ownerId, Number(params.id)),
);
app.post('/author', { schema: { body, response: { 201: author } } }, (request, reply) => {
  const { name, book, country, booker_prize: prize = false } = request.body;
  reply.code(201);
  return insert.get(request.ownerId, name, book, country, Number(prize));
});
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(app.server.address().port, jwt.sign({ sub: '1' }, secret, { expiresIn: '1h' }));
process.on('SIGTERM', () => process.exit(0));
