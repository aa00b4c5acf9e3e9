import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { HELP } from './problem-help.js';
import { Problem, PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2.5rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.15rem;margin:1.75rem 0 .5rem}p{margin:.5rem 0}' +
  'code,pre{font-family:ui-monospace,monospace;font-size:.9em;background:#f3f3f3;border-radius:4px}' +
  'code{padding:.1em .3em}pre{padding:1rem;white-space:pre-wrap;overflow-wrap:anywhere}' +
  'dd{margin:.1rem 0 .75rem}footer{margin-top:2.5rem}' +
  '@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}' +
  'code,pre{background:#2b2b2b}a{color:#8cf}}';

/** An answer with a problem, as the documentation shows it. */
export interface ProblemExample {
  headers: readonly { name: string; example: string; description: string }[];
  body: Readonly<Record<string, unknown>>;
}

/** The page runs no script and loads no file; its style is allowed by its hash (CSP level 2). */
const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "base-uri 'none'; frame-ancestors 'none'";

/** Serves the page that the `type` of a problem names: /problems/CODE. A browser gets a page for any other code, too. */
export function serveProblemPages(
  instance: FastifyInstance,
  exampleOf: (code: ProblemCode) => ProblemExample,
): void {
  instance.get<{ Params: { code: string } }>(
    '/problems/:code',
    { config: { access: { public: true }, produces: ['text/html'] } },
    ({ params: { code }, headers }, reply) => {
      const isKnown = Object.hasOwn(PROBLEMS, code);
      if (!isKnown && !headers.accept?.includes('text/html')) {
        throw new Problem('route_not_found');
      }
      return reply
        .status(isKnown ? 200 : 404)
        .header('content-security-policy', POLICY)
        .type('text/html; charset=utf-8')
        .send(isKnown ? pageOf(code as ProblemCode, exampleOf) : UNKNOWN);
    },
  );
}

function pageOf(code: ProblemCode, exampleOf: (code: ProblemCode) => ProblemExample): string {
  const { status, title, message } = PROBLEMS[code];
  const { cause, remedy } = HELP[code] ?? {
    cause: message,
    remedy: 'Read the detail of the answer.',
  };
  const { headers, body } = exampleOf(code);
  const fields = headers.map(({ name, example }) => `${name}: ${example}\n`).join('');
  const list = headers.map(
    ({ name, description }) => `<dt><code>${name}</code></dt><dd>${marked(description)}</dd>`,
  );
  return page(
    title,
    `<p>Status <code>${status}</code>, code <code>${code}</code></p>` +
      `<h2>Why</h2><p>${marked(cause)}</p><h2>What to do</h2><p>${marked(remedy)}</p>` +
      `<h2>Example</h2><pre>HTTP/1.1 ${status}\nContent-Type: application/problem+json\n` +
      `${escaped(`${fields}\n${JSON.stringify(body, null, 2)}`)}</pre>` +
      `<h2>Header fields</h2><dl>${list.join('')}</dl>`,
  );
}

function page(title: string, content: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${title} · library-api</title><style>${STYLE}</style></head>` +
    `<body><h1>${title}</h1>${content}` +
    '<footer><a href="../docs">All operations</a></footer></body></html>'
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Shows what a description has between backticks as code. */
function marked(text: string): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

const KNOWN = Object.entries(PROBLEMS).map(
  ([code, { title, status }]) => `<li><a href="${code}">${title}</a> (${status})</li>`,
);

const UNKNOWN = page(
  'Unknown problem',
  `<p>No problem of this server has this name. It has these:</p><ul>${KNOWN.join('')}</ul>`,
);
