import type { FastifyInstance } from 'fastify';
import { Problem, PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

/** Serves the page that the `type` of a problem names: /problems/CODE. */
export function serveProblemPages(instance: FastifyInstance): void {
  instance.get<{ Params: { code: string } }>(
    '/problems/:code',
    { config: { access: { public: true }, produces: ['text/html'] } },
    ({ params: { code } }, reply) => {
      if (!Object.hasOwn(PROBLEMS, code)) {
        throw new Problem('route_not_found');
      }
      return reply.type('text/html; charset=utf-8').send(pageOf(code as ProblemCode));
    },
  );
}

function pageOf(code: ProblemCode): string {
  const { status, title, message } = PROBLEMS[code];
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
    `<h1>${title}</h1><p>Status ${status}, code <code>${code}</code>.</p><p>${message}</p>` +
    `<p><a href="../docs">Documentation</a></p></html>`
  );
}
