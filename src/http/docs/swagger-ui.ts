import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';

const ROOT = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Of the files in the package, the ones that the page loads. */
const ASSETS =
  /^(?:swagger-ui\.css|index\.css|swagger-ui-bundle\.js|swagger-ui-standalone-preset\.js|favicon-(?:16x16|32x32)\.png)$/;

/** How long a browser may keep them. */
const CACHED_MS = 60 * 60 * 1000;

/** Nothing from elsewhere, no inline script; Swagger UI sets inline styles and shows images as data. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>library-api</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/index.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png" sizes="32x32">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  layout: 'BaseLayout',
  validatorUrl: null,
});
`;

/** Serves Swagger UI at /docs from its package, with no file from outside. */
export function serveSwaggerUi(instance: FastifyInstance): void {
  const page = (reply: FastifyReply, type: string, text: string): FastifyReply =>
    reply.header('content-security-policy', PAGE_POLICY).type(`${type}; charset=utf-8`).send(text);
  const html = { config: { produces: ['text/html'] } };
  instance.get('/docs', html, (_request, reply) => page(reply, 'text/html', PAGE));
  instance.get('/docs/', html, (_request, reply) => reply.redirect('/docs', 308));
  instance.get(
    '/docs/start.js',
    { config: { produces: ['*/*', 'text/javascript'] } },
    (_request, reply) => page(reply, 'text/javascript', START),
  );
  instance.get(
    '/docs/:file',
    { config: { produces: ['text/css', 'text/javascript', 'image/png'] } },
    async (request, reply) => {
      const { file } = request.params as { file: string };
      if (!ASSETS.test(file)) {
        return reply.callNotFound();
      }
      // Not with the start of the program: few come here.
      const { send } = await import('@fastify/send');
      const { statusCode, headers, stream } = await send(request.raw, file, {
        root: ROOT,
        maxAge: CACHED_MS,
      });
      return reply.code(statusCode).headers(headers).send(stream);
    },
  );
}
