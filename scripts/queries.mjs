// Writes the SQL of each resource as text, one file for each database. A test fails if they are not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { AUTHORS } from '#dist/authors/author.members.js';
import { STATEMENTS } from '#dist/authors/authors.repository.js';
import { ListStatements } from '#dist/lists/list-statements.js';
import { counted } from '#dist/lists/statement-parts.js';

const DIALECTS = ['sqlite', 'postgres'];

/** The resources whose statements are committed, with their statements on single records. */
const RESOURCES = [{ folder: 'authors', resource: AUTHORS, statements: STATEMENTS }];

const PART = { ownerId: 1, filters: [], words: [], limit: 101 };
const VALUES = { text: 'Nana', boolean: true, integer: 7, time: 1_700_000_000_000 };

/** The pages of the default order and of each order of one member, with their parameters. */
export function pagesOf(resource, dialect) {
  const statements = new ListStatements(resource, dialect);
  return resource.listed.flatMap(member =>
    [false, true].flatMap(descending => {
      const part = { ...PART, sort: { member: resource.orderOf(member), descending } };
      const value = plain(VALUES[resource.members[member].type], dialect);
      const order = `${descending ? '-' : ''}${member}`;
      const after = member === 'id' ? [7] : [value, 7];
      const filters = ['>=', '<'].map(operator => ({ member, operator, value }));
      const titled = (end, of) => [
        { title: `first page, sort=${order}${end}`, ...statements.page(of) },
        { title: `next page, sort=${order}${end}`, ...statements.page({ ...of, after }) },
      ];
      return [
        ...titled('', part),
        ...('ranged' in resource.members[member]
          ? titled(' in a range', { ...part, filters })
          : []),
      ];
    }),
  );
}

/** The pages of filters and words. */
export function selectionsOf(resource, dialect) {
  const statements = new ListStatements(resource, dialect);
  const member = resource.listed.find(name => resource.members[name].type === 'boolean');
  const filter = { member, operator: '=', value: plain(true, dialect) };
  const text = { member: resource.listed[1], operator: '=', value: 'Nana' };
  const part = {
    ...PART,
    sort: { member: resource.orderOf(resource.listed[1]), descending: false },
    filters: [filter],
    after: ['Nana', 7],
  };
  const range = resource.listed
    .filter(name => 'ranged' in resource.members[name])
    .slice(0, 1)
    .map(name => ({ member: name, operator: '>=', value: VALUES.time }));
  const words = { ...part, words: ['0000001rare', '0000001common'] };
  return [
    {
      title: 'one filter, sort=id',
      ...statements.page({ ...part, sort: { member: 'id', descending: false }, after: [7] }),
    },
    {
      title: 'filter of a text, sort=id',
      ...statements.page({
        ...part,
        sort: { member: 'id', descending: false },
        filters: [text],
        after: [7],
      }),
    },
    {
      title: 'size of a filter of a text',
      ...statements.size({ ownerId: 1, filters: [text] }, 2000),
    },
    { title: 'size of a filter', ...statements.size({ ownerId: 1, filters: [filter] }, 2000) },
    ...(range.length > 0
      ? [
          {
            title: 'size of a range',
            ...statements.size({ ownerId: 1, filters: range }, 2000),
          },
          { title: 'page out of a few of a range', ...statements.few(part, range, 2000) },
          {
            title: 'slice of a range',
            ...statements.walk(
              {
                ...words,
                filters: [filter, ...range],
                sort: { member: range[0].member, descending: false },
                after: [range[0].value, 7],
              },
              2000,
            ),
          },
          { title: 'export of a range', ...statements.all({ ...part, words: [], filters: range }) },
        ]
      : []),
    { title: 'page out of a few', ...statements.few(part, [filter], 2000) },
    { title: 'slice of an index', ...statements.walk(words, 2000) },
    { title: 'frequency of words', ...statements.frequency(words, 250) },
    { title: 'page of rare words', ...statements.search(words, ['0000001rare']) },
    { title: 'count', ...counted(statements.some({ ...words, limit: 10_001 })) },
    { title: 'export', ...statements.all(words) },
    { title: 'delete a slice of all', ...statements.delete(PART, [7, 8]) },
    {
      title: 'delete a slice of a selection',
      ...statements.delete({ ...words, filters: [filter, text, ...range] }, [7, 8]),
    },
  ];
}

/** A value as the driver reads it back. */
const plain = (value, dialect) =>
  typeof value === 'boolean' && dialect === 'sqlite' ? Number(value) : value;

function textOf({ resource, statements }, dialect) {
  const single = Object.entries(statements).map(([title, sql]) => ({ title, sql }));
  const all = [...single, ...pagesOf(resource, dialect), ...selectionsOf(resource, dialect)];
  return `-- Made by \`npm run queries\`.\n${all.map(formatted).join('')}`;
}

function formatted({ title, sql }) {
  const lines = sql
    .replace(/\s+/g, ' ')
    .replace(/ (?=(?:FROM|WHERE|VALUES|SET|UNION ALL|ORDER BY|ON CONFLICT|RETURNING)\b)/g, '\n  ');
  return `\n-- ${title}\n${lines};\n`;
}

/** The files that differ from the code. */
export function staleFiles() {
  return files().filter(({ file, text }) => read(file) !== text);
}

const files = () =>
  RESOURCES.flatMap(listed =>
    DIALECTS.map(dialect => ({
      file: new URL(`../src/${listed.folder}/${listed.folder}.${dialect}.sql`, import.meta.url),
      text: textOf(listed, dialect),
    })),
  );

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  staleFiles().forEach(({ file, text }) => writeFileSync(file, text));
}
