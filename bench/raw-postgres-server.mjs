// What a server with only node:http and pg could do on the product's own tables: the same statements with one more for
// the session, the same durability. Prints `PORT TOKEN`; the database that the product has migrated is in DATABASE_URL.
import { createServer } from 'node:http';
import pg from 'pg';
import { AUTHORS, storedValues } from '#dist/authors/author.members.js';
import { STATEMENTS } from '#dist/authors/authors.repository.js';

const OWNER = 1;
const LIST = `SELECT ${AUTHORS.columns} FROM authors WHERE owner_id = $1 ORDER BY id LIMIT $2`;
const SESSION = `SELECT u.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.id = $1 LIMIT 1`;

pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const query = async (name, text, values) => (await pool.query({ name, text, values })).rows;

function answer(response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function create(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const values = storedValues(OWNER, JSON.parse(Buffer.concat(chunks)));
  return query('insert', STATEMENTS.insert, [OWNER, Date.now(), ...values]);
}

const server = createServer((request, response) => void serve(request, response));

async function serve(request, response) {
  await query('session', SESSION, [OWNER]);
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'POST') {
    const [row] = await create(request);
    answer(response, 201, AUTHORS.toRecord(row));
  } else if (url.pathname === '/authors') {
    const rows = await query('list', LIST, [OWNER, Number(url.searchParams.get('limit'))]);
    answer(response, 200, { list_of_authors: rows.map(row => AUTHORS.toRecord(row)) });
  } else {
    const [row] = await query('find', STATEMENTS.find, [OWNER, Number(url.pathname.split('/')[2])]);
    answer(response, 200, AUTHORS.toRecord(row));
  }
}

server.listen(0, '127.0.0.1', () => console.log(server.address().port, 'none'));
process.on('SIGTERM', () => process.exit(0));
