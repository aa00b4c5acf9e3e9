import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';

/** What a route can say of itself in its configuration (`@RouteConfig`). */
export interface RouteTraits {
  /** Media types of bodies that it takes; `application/json` where absent. */
  consumes?: readonly string[];
  /** Media types that it answers with; `application/json` where absent. */
  produces?: readonly string[];
}

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

const paths = Symbol('paths');

declare module 'fastify' {
  interface FastifyInstance {
    [paths]: Map<string, KnownPath>;
  }
  interface FastifyContextConfig extends RouteTraits {}
}

/** Remembers which methods each path has, for 405 and OPTIONS: Fastify itself answers both with 404. */
export function rememberRoutes(fastify: FastifyInstance): void {
  const known = new Map<string, KnownPath>();
  fastify.decorate(paths, known);
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url === '*') {
      return;
    }
    const path = known.get(url) ?? { pattern: toPattern(url), methods: new Set(['OPTIONS']) };
    known.set(url, path);
    for (const name of [method].flat()) {
      path.methods.add(name);
    }
  });
}

function toPattern(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/:[^/]+/g, '[^/]+').replace(/\*/g, '.*')}$`);
}

/** Every path and its methods, as Fastify knows them. */
export function routesOf(fastify: FastifyInstance): { url: string; methods: string[] }[] {
  return [...fastify[paths]].map(([url, { methods }]) => ({ url, methods: [...methods] }));
}

/**
 * Answers OPTIONS on a known path (RFC 9110, 9.3.7) and then returns nothing; for all else that no route has
 * taken, returns the problem: 405 with `Allow` on a known path, 404 elsewhere.
 */
export function answerUnknownRoute(
  request: FastifyRequest,
  reply: FastifyReply,
): Problem | undefined {
  const methods = methodsOf(request.server[paths], pathOf(request));
  if (methods.length === 0) {
    return new Problem('route_not_found');
  }
  const allow = methods.join(', ');
  if (request.method !== 'OPTIONS') {
    return new Problem('method_not_allowed', { headers: { allow } });
  }
  void reply.status(204).header('allow', allow).send();
  return undefined;
}

/**
 * The path of a request without its query, which may hold what must not be repeated; also where the target is a
 * whole URL (RFC 9112, 3.2.2).
 */
export function pathOf({ url }: FastifyRequest): string {
  const [target] = url.split('?', 1);
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/';
}

/**
 * The methods of a path; `*` stands for the whole server (RFC 9112, 3.2.4). A path that is a route as it is written
 * has the methods of that route alone, not also those of a pattern that it would fit.
 */
function methodsOf(known: Map<string, KnownPath>, path: string): string[] {
  const exact = known.get(path);
  if (exact !== undefined && path !== '*') {
    return [...exact.methods].sort();
  }
  const methods = new Set<string>();
  for (const entry of known.values()) {
    if (path === '*' || entry.pattern.test(path)) {
      entry.methods.forEach(method => methods.add(method));
    }
  }
  return [...methods].sort();
}

/**
 * Refuses a method that the path does not have although the router found a pattern that it fits:
 * `PUT /authors/export` is not a change of the record `export`.
 */
export function checkMethod(request: FastifyRequest): void {
  const { url } = request.routeOptions;
  if (!url?.includes(':')) {
    return;
  }
  const known = request.server[paths];
  const path = pathOf(request);
  if (path !== url && known.has(path)) {
    const allow = methodsOf(known, path).join(', ');
    throw new Problem('method_not_allowed', { headers: { allow } });
  }
}
