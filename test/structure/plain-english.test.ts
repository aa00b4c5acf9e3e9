import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from '../support/process.js';

/** Phrases that we do not write, and what we write instead. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bso many\b/, 'the number, or “up to this many”'],
  [/\bwho(?:so)?ever\b/, '“anyone who”, or name them'],
  [/\bnobody\b/, '“no one”, or say who can'],
  [/\bof (?:its|their|his|our) own\b/, '“its”, “their”, “separate”'],
  [/\b(?:is|are) told\b/, '“gets”, and what'],
  [/\b(?:is|are) meant (?:to|for)\b/, '“must”, “is for”'],
  [/\bought to\b/, '“must”, “should”'],
  [/\bshall\b/, '“must”, “should”'],
  [/\bbr(?:ings?|ought)\b/, '“sends”, “has”, “updates”'],
  [/\bbeside\b/, '“next to”, “with”, “while it runs”, “compared with”'],
  [/\btak(?:e|es|ing) in\b/, '“import”, “accept”'],
  [/\bgo(?:es)? on (?:\w+ing|with)\b/, '“keeps”, “continues”'],
  [/\bany more\b/, '“no longer”'],
  [/\bdear(?:er|est)\b/, '“more expensive”'],
  [/\bgets? past\b/, 'say what it allows'],
  [/\bnever was\b|\bthat never were\b/, '“as if it did not exist”'],
  [/\bleast severe\b/, '“minimum log level”'],
  [/\bholes?\b/, '“vulnerability”'],
  [/\bwhere (?:it is|they are) none of\b/, '“if it matches none of”'],
  [/\bis there already\b/, '“already exists”'],
  [/\b(?:save|but) for\b/, '“except”'],
  [/\bthe standard (?:input|output|error)\b/, '“standard output”'],
];

/** In code, a class may have members, and a column is called `spent`. */
const PHRASES_OF_DOCUMENTS = [
  ...PHRASES,
  [/\bmembers?\b/, '“field”'] as const,
  [/\bspent\b/, '“used”'] as const,
];

/** Where we look: documents, the OpenAPI document, and the comments and strings of code. */
const COVERED = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...filesIn('docs', /\.md$/),
  'openapi.json',
  '.env.example',
  'compose.yaml',
  'compose.sqlite.yaml',
  'Dockerfile',
  'deploy/haproxy.cfg',
  'deploy/library-api.service',
  'deploy/kubernetes/library-api.yaml',
  ...filesIn('bench', /^[^/]+\.mjs$/),

  'clients/typescript/README.md',
  ...filesIn('clients/typescript/src', /^\w+\.ts$/),
  ...filesIn('scripts', /\.mjs$/),
  ...filesIn('src', /^(?!database\/migrations).*\.ts$/),
];

function filesIn(directory: string, pattern: RegExp): string[] {
  const files = readdirSync(ROOT + directory, { recursive: true, encoding: 'utf8' });
  return files.filter(file => pattern.test(file)).map(file => `${directory}/${file}`);
}

const COMMENT_OR_STRING =
  /\/\*.*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/gs;
const SUMMARY_OR_DESCRIPTION = /(?<="(?:summary|description)": ")(?:\\.|[^"\\])*/g;
/** In documents: code, and the names of tests. */
const QUOTED = /^```.*?^```|`[^`\n]*`|“[^”\n]*”/gms;

const isCode = (file: string): boolean => /\.m?[jt]s$/.test(file);

/** What people read of a file. */
function proseOf(file: string): string {
  const text = readFileSync(ROOT + file, 'utf8');
  if (isCode(file)) {
    return (text.match(COMMENT_OR_STRING) ?? []).join('\n').replace(/\$\{[^}]*\}/g, '');
  }
  if (file.endsWith('.json')) {
    return (text.match(SUMMARY_OR_DESCRIPTION) ?? []).join('\n');
  }
  return text.replace(QUOTED, '');
}

test.each(COVERED)('%s should be in plain English', file => {
  const prose = proseOf(file);
  const phrases = isCode(file) ? PHRASES : PHRASES_OF_DOCUMENTS;
  const found = phrases.flatMap(([phrase, instead]) =>
    [...prose.matchAll(new RegExp(`.{0,30}(?:${phrase.source}).{0,30}`, 'gi'))].map(
      ([context]) => `${context.trim()} → write ${instead}`,
    ),
  );
  expect(found).toEqual([]);
});
