import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/process.js';

const text = (file: string): string => readFileSync(ROOT + file, 'utf8');
const document = text('docs/security.md');

/** Of OWASP ASVS 5.0.0, what applies to an API with accounts: by level and section, the numbers in it. */
const APPLICABLE: Record<1 | 2, Record<string, string>> = {
  1: {
    '1.2': '1 2 3 4 5',
    '1.3': '2',
    '2.1': '1',
    '2.2': '1 2',
    '2.3': '1',
    '3.2': '1',
    '3.4': '1 2',
    '3.5': '2 3',
    '4.1': '1',
    '5.2': '1 2',
    '6.1': '1',
    '6.2': '1 2 3 4 5 8',
    '6.3': '1 2',
    '6.4': '1 2',
    '7.2': '1 2 3 4',
    '7.4': '1 2',
    '8.1': '1',
    '8.2': '1 2',
    '8.3': '1',
    '9.1': '1 2 3',
    '9.2': '1',
    '10.4': '5',
    '11.3': '1 2',
    '11.4': '1',
    '12.2': '1',
    '13.4': '1',
    '14.2': '1',
    '15.1': '1',
    '15.2': '1',
    '15.3': '1',
  },
  2: {
    '1.1': '1 2',
    '1.2': '9',
    '1.3': '3',
    '1.4': '2',
    '1.5': '2',
    '2.1': '2 3',
    '2.2': '3',
    '2.3': '2 3 4',
    '2.4': '1',
    '3.4': '3 4 5 6',
    '4.1': '2 3',
    '4.2': '1',
    '5.1': '1',
    '5.4': '1 2',
    '6.1': '2 3',
    '6.2': '9 10 11 12',
    '6.3': '3 4',
    '6.4': '3 4',
    '6.5': '1 2 3 4 5',
    '7.1': '1 2',
    '7.3': '1 2',
    '7.4': '3 5',
    '7.5': '1 2',
    '8.1': '2',
    '8.2': '3',
    '8.4': '1',
    '9.2': '2 3 4',
    '10.3': '3',
    '10.4': '8 9',
    '11.1': '1 2',
    '11.2': '1 2 3',
    '11.3': '3',
    '11.4': '2 3',
    '11.5': '1',
    '11.6': '1',
    '12.3': '1 2',
    '13.1': '1',
    '13.2': '1 2 3 4 5',
    '13.3': '1 2',
    '13.4': '2 3 4 5',
    '14.1': '1 2',
    '14.2': '2 4',
    '14.3': '2',
    '15.1': '2 3',
    '15.2': '2 3',
    '15.3': '3 4 5 6 7',
    '16.1': '1',
    '16.2': '1 2 3 4 5',
    '16.3': '1 2 3 4',
    '16.4': '1 2 3',
    '16.5': '1 2 3',
  },
};

const idsOf = (level: 1 | 2): string[] =>
  Object.entries(APPLICABLE[level]).flatMap(([section, numbers]) =>
    numbers.split(' ').map(number => `${section}.${number}`),
  );

/** The rows of the table: id, level, what it asks for, what shows it. */
const rows = [
  ...document.matchAll(/^\| (\d+\.\d+\.\d+) +\| ([12]) +\| (.*?) +\| (.*?) +\|$/gm),
].map(([, id, level, asks, shown]) => ({ id, level, asks, shown }));

/** Each test file that a text names, with the names of tests that follow it up to the next. */
const testsIn = (shown: string): { file: string; names: string[] }[] =>
  [...shown.matchAll(/`((?:src|test)\/[^`]+\.ts)`([^`]*)/g)].map(([, file, rest]) => ({
    file,
    names: [...rest.matchAll(/“([^”]+)”/g)].map(([, name]) => name),
  }));

/** Whether a file has a test of this name: a text between quotes that ends a line or comes before a function. */
const isTest = (name: string, source: string): boolean =>
  ["'", '"', '`'].some(quote => source.includes(quote + name + quote)) ||
  source.includes(`\`\${name} ${name}`);

/** Runs in the browser and asks the server that it came from. */
const BROWSER_SCRIPT = 'http/docs/swagger-start.ts';

const sourceFiles = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !file.endsWith('.spec.ts') && file !== BROWSER_SCRIPT)
  .map(file => text(`src/${file}`));

describe('the table of ASVS requirements', () => {
  test.each([
    [1, 53],
    [2, 109],
  ] as const)('has each of level %i, which are %i', (level, count) => {
    expect(idsOf(level)).toHaveLength(count);
    const listed = rows.filter(row => row.level === String(level)).map(({ id }) => id);
    expect(listed.toSorted()).toEqual(idsOf(level).toSorted());
  });

  test('names tests that exist, at least one in each file that it names', () => {
    const named = rows.flatMap(({ id, shown }) => testsIn(shown).map(each => ({ id, ...each })));
    const wrong = named.filter(
      ({ file, names }) =>
        !existsSync(ROOT + file) ||
        names.length === 0 ||
        names.some(name => !isTest(name, text(file))),
    );
    expect(wrong).toEqual([]);
  });

  test('has in each row a test, a document, a duty, or a word why not', () => {
    const evidence = /`(src|test)\/|\]\(|^operator: |^does not apply: |^not met: |^the same: /;
    expect(rows.filter(({ shown }) => !evidence.test(shown))).toEqual([]);
  });

  test('says how many are not met', () => {
    const unmet = rows.filter(({ shown }) => shown.startsWith('not met: ')).map(({ id }) => id);
    expect(document).toContain(`Not met: ${unmet.join(', ')}.`);
  });
});

test('names every security event that the code writes', () => {
  const written = sourceFiles.flatMap(source =>
    [...source.matchAll(/'((?:login|password|session|token|user|backup)\.[a-z_]+)'/g)].map(
      ([, action]) => action,
    ),
  );
  const [, section] = document.split('\n## Security events\n');
  const named = [...section.split('\n## ', 1)[0].matchAll(/^\| `([a-z_.]+)`/gm)].map(
    ([, action]) => action,
  );
  expect(named.toSorted()).toEqual([...new Set(written)].toSorted());
});

test('runs no text as code or command, and asks no address for anything', () => {
  const reaching =
    /\beval\(|\bnew Function\(|child_process|\bfetch\(|\bhttps?\.(?:get|request)\(|undici/;
  // The script of the documentation page runs in a browser, and asks only the server that it came from.
  const isPage = (source: string): boolean => source.includes('SwaggerUIBundle(');
  expect(sourceFiles.filter(source => reaching.test(source) && !isPage(source))).toEqual([]);
});

test('names no weak cipher, hash or source of random numbers', () => {
  const named = (pattern: RegExp): string[] => [
    ...new Set(sourceFiles.flatMap(source => source.match(pattern) ?? [])),
  ];
  expect(named(/(?<=(?:createHash|createHmac|hkdfSync)\()[^,)]+/g).toSorted()).toEqual([
    "'sha256'",
    "'sha384'",
  ]);
  expect(named(/'(?:aes|des|rc4|chacha)[^']*'/g)).toEqual(["'aes-256-gcm'"]);
  // Both spread work over time.
  expect(named(/.*Math\.random.*/g).map(line => line.trim().split('(', 1)[0])).toEqual([
    'await sleep',
    'this.#schedule',
  ]);
});
