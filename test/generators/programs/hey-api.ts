import { client } from './api/client.gen.js';
import {
  createAuthor,
  exportAuthors,
  importAuthors,
  listAuthors,
  login,
  logout,
} from './api/sdk.gen.js';

const [baseUrl, name = '', password = ''] = process.argv.slice(2);
client.setConfig({ baseUrl });

const session = await login({ auth: `${name}:${password}` });
if (session.error) {
  throw new Error(session.error.detail);
}
const token: string = session.data.token;
client.setConfig({ auth: token });

// `country` and `booker_prize` have defaults, so they are not required.
const body = { name: 'Paul Lynch', book: 'Grace' };
const created = await createAuthor({ body });
const id: number | undefined = created.data?.id;

const again = await createAuthor({ body });
const conflict = again.error?.type === '/problems/author_exists' ? again.error.status : undefined;

const file = (text: string): { file: File } => ({ file: new File([text], 'authors.csv') });
const imported = await importAuthors({
  body: file('name,book\nAnna Burns,Milkman\nAnna Burns,No Bones\n'),
});
const broken = await importAuthors({ body: file('name,book\nAnna Burns,\n') });
const lines =
  broken.error?.type === '/problems/import_refused'
    ? broken.error.errors.map(({ line }) => line)
    : [];

const books: (string | undefined)[] = [];
for (let cursor: string | undefined; ;) {
  const page = await listAuthors({ query: { limit: 2, fields: 'book', cursor } });
  books.push(...(page.data?.list_of_authors ?? []).map(({ book }) => book));
  cursor = page.data?.next_cursor ?? undefined;
  if (cursor === undefined) {
    break;
  }
}
const all = await exportAuthors({ query: { format: 'json' } });
const exported = Array.isArray(all.data) ? all.data.length : 0;
const out = await logout();
const status = out.response?.status;

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
