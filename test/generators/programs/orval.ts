import { createAuthor, exportAuthors, importAuthors, listAuthors, login, logout } from './api.js';

const [baseUrl, name = '', password = ''] = process.argv.slice(2);

// The generated functions send to a path, as in a page of the same server.
const send = globalThis.fetch;
globalThis.fetch = (input, init) => send(new URL(input as string, baseUrl), init);

const session = await login({ headers: { authorization: `Basic ${btoa(`${name}:${password}`)}` } });
if (session.status !== 200) {
  throw new Error(session.data.detail);
}
const headers = { authorization: `Bearer ${session.data.token}` };

// `country` and `booker_prize` have defaults, so they are not required.
const body = { name: 'Paul Lynch', book: 'Grace' };
const created = await createAuthor(body, { headers });
const id: number | undefined = created.status === 201 ? created.data.id : undefined;

const again = await createAuthor(body, { headers });
const conflict =
  again.status === 409 && again.data.type === '/problems/author_exists'
    ? again.data.status
    : undefined;

const file = (text: string): { file: Blob } => ({ file: new File([text], 'authors.csv') });
const imported = await importAuthors(
  file('name,book\nAnna Burns,Milkman\nAnna Burns,No Bones\n'),
  undefined,
  { headers },
);
const broken = await importAuthors(file('name,book\nAnna Burns,\n'), undefined, { headers });
const lines =
  broken.status === 422 && broken.data.type === '/problems/import_refused'
    ? broken.data.errors.map(({ line }) => line)
    : [];

const books: (string | undefined)[] = [];
for (let cursor: string | undefined; ;) {
  const page = await listAuthors({ limit: 2, fields: 'book', cursor }, { headers });
  if (page.status !== 200) {
    throw new Error(page.data.detail);
  }
  books.push(...page.data.list_of_authors.map(({ book }) => book));
  cursor = page.data.next_cursor ?? undefined;
  if (cursor === undefined) {
    break;
  }
}
const all = await exportAuthors({ format: 'json' }, { headers });
const exported = all.status === 200 ? all.data.length : 0;
const { status } = await logout({ headers });

console.log(
  JSON.stringify({
    id,
    conflict,
    imported: imported.status === 200 ? imported.data.created : undefined,
    lines,
    books,
    exported,
    status,
  }),
);
