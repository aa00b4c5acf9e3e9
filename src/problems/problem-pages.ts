import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { HELP } from './problem-help.js';
import { Problem, PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'h1{font-size:1.6rem}code,pre{font-family:ui-monospace,monospace;background:#f3f3f3;border-radius:4px}' +
  'code{padding:.1em .3em}pre{padding:1rem;overflow-x:auto}' +
  '@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}' +
  'code,pre{background:#2b2b2b}a{color:#8cf}}';

/** The page runs no script and loads no file; its style is allowed by its hash (CSP level 2). */
const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "base-uri 'none'; frame-ancestors 'none'";

/** Serves the page that the `type` of a problem names: /problems/CODE. A browser gets a page for any other code, too. */
export function serveProblemPages(instance: FastifyInstance): void {
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
        .send(isKnown ? pageOf(code as ProblemCode) : page('Unknown problem', UNKNOWN));
    },
  );
}

const UNKNOWN = '<p>This server has no problem of this name.</p>';

function pageOf(code: ProblemCode): string {
  const { status, title, message } = PROBLEMS[code];
  const { cause, remedy } = HELP[code];
  const example = { type: `/problems/${code}`, title, status, detail: message };
  return page(
    title,
    `<p>Status <code>${status}</code>, code <code>${code}</code></p>` +
      `<h2>Why</h2><p>${escaped(cause)}</p><h2>What to do</h2><p>${escaped(remedy)}</p>` +
      `<h2>Example</h2><pre>${escaped(JSON.stringify(example, null, 2))}</pre>`,
  );
}

function page(title: string, content: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${title} · library-api</title><style>${STYLE}</style></head>` +
    `<body><h1>${title}</h1>${content}<p><a href="../docs">Documentation</a></p></body></html>`
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
