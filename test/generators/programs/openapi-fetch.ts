import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const [baseUrl = '', name = '', password = ''] = process.argv.slice(2);
type Author = components['schemas']['AuthorListItem'];

const client = createClient<paths>({ baseUrl });
const login = await client.POST('/login', {
  headers: { authorization: `Basic ${btoa(`${name}:${password}`)}` },
});
if (login.error) {
  throw new Error(login.error.detail);
}
const token: string = login.data.token;
client.use({
  onRequest({ request }) {
    request.headers.set('authorization', `Bearer ${token}`);
  },
});

// `country` and `booker_prize` have defaults, so they are not required.
const created = await client.POST('/authors', { body: { name: 'Paul Lynch', book: 'Grace' } });
const id: number | undefined = created.data?.id;

const again = await client.POST('/authors', { body: { name: 'Paul Lynch', book: 'Grace' } });
const conflict = again.error?.type === '/problems/author_exists' ? again.error.status : undefined;

const imported = await client.POST('/authors/import', {
  body: 'name,book\nAnna Burns,Milkman\nAnna Burns,No Bones\n',
  headers: { 'content-type': 'text/csv' },
  bodySerializer: text => text,
});
const broken = await client.POST('/authors/import', {
  body: 'name,book\nAnna Burns,\n',
  headers: { 'content-type': 'text/csv' },
  bodySerializer: text => text,
});
const lines =
  broken.error?.type === '/problems/import_refused'
    ? broken.error.errors.map(({ line }) => line)
    : [];

const books: (string | undefined)[] = [];
for (let cursor: string | undefined; ;) {
  const page = await client.GET('/authors', {
    params: { query: { limit: 2, fields: 'book', cursor } },
  });
  books.push(...(page.data?.list_of_authors ?? []).map(({ book }: Author) => book));
  cursor = page.data?.next_cursor ?? undefined;
  if (cursor === undefined) {
    break;
  }
}
const file = await client.GET('/authors/export', { params: { query: { format: 'json' } } });
const exported = Array.isArray(file.data) ? file.data.length : 0;
const out = await client.POST('/logout');
const status: number = out.response.status;

console.log(
  JSON.stringify({
    id,
    conflict,
    imported: imported.data?.created,
    lines,
    books,
    exported,
    status,
  }),
);
