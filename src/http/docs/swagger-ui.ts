import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../problems/problem.js';
import { START } from './swagger-start.js';
import { STYLE } from './swagger-style.js';

const { resolve } = createRequire(import.meta.url);

/** Nothing from another origin and no inline script; Swagger UI sets inline styles and shows images as data. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>library-api</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/style.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** The files that the page loads; a text is the file itself, undefined stands for the file of swagger-ui-dist. */
const FILES = new Map<string, string | Buffer | undefined>([
  ['start.js', START],
  ['style.css', STYLE],
  ['swagger-ui-bundle.js', undefined],
  ['swagger-ui.css', undefined],
  ['favicon-32x32.png', undefined],
]);

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  png: 'image/png',
};

/**
 * Serves Swagger UI at /docs. Not by `SwaggerModule.setup`: it streams files through @fastify/static, which leaks a
 * descriptor for each pipelined request of a client that leaves, and takes 50 ms of each start to load.
 */
export function serveSwaggerUi(instance: FastifyInstance): void {
  const html = { config: { access: { public: true }, produces: ['text/html'] } };
  instance.get('/docs', html, (_request, reply) =>
    reply
      .header('content-security-policy', PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(PAGE),
  );
  instance.get('/docs/', html, (_request, reply) => reply.redirect('/docs', 308));
  instance.get<{ Params: { file: string } }>(
    '/docs/:file',
    {
      config: { access: { public: true }, produces: ['text/css', 'text/javascript', 'image/png'] },
    },
    ({ params: { file } }, reply) => {
      if (!FILES.has(file)) {
        throw new Problem('route_not_found');
      }
      return reply
        .header('cache-control', 'public, max-age=3600')
        .type(TYPES[file.slice(file.lastIndexOf('.') + 1)])
        .send(contentOf(file));
    },
  );
}

/** Read at the first request and kept: few clients come here, and memory holds no descriptor. */
function contentOf(file: string): string | Buffer {
  const content = FILES.get(file) ?? readFileSync(resolve(`swagger-ui-dist/${file}`));
  FILES.set(file, content);
  return content;
}
