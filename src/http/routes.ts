import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessRule } from './access-rule.js';
import { pathOf } from '../problems/problem.filter.js';
import { Problem } from '../problems/problem.js';

/** What a route states with `@Traits`. */
export interface RouteTraits {
  /** Who may call it; see JwtAuthGuard. */
  access?: AccessRule;
  /** The query parameters that it accepts; by default none. */
  query?: readonly string[];
  /** Media types that it accepts; by default `application/json`. */
  consumes?: readonly string[];
  /** It reads their parameters itself, such as `charset` and `boundary`. */
  readsTypeParameters?: true;
  /** Media types that it produces; by default `application/json`. */
  produces?: readonly string[];
}

/** Adds traits to a route, or to all routes of a class where they have no such trait. */
export function Traits(traits: RouteTraits): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, method?: PropertyDescriptor) => {
    const { prototype } = target as { prototype: object };
    const handlers = method
      ? [method]
      : Object.values(Object.getOwnPropertyDescriptors(prototype)).filter(({ value }) => value);
    for (const { value: handler } of handlers as { value: object }[]) {
      const own: unknown = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler);
      const all = Object.assign({}, ...(method ? [own, traits] : [traits, own])) as RouteTraits;
      Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, all, handler);
    }
  };
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

/** Remembers the methods of each path for 405 and OPTIONS, which Fastify would answer with 404. */
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
 * Answers OPTIONS on a known path (RFC 9110, 9.3.7).
 * @throws Problem `method_not_allowed` with `Allow` for another method on a known path, `route_not_found` elsewhere.
 */
export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const methods = methodsOf(request.server[paths], pathOf(request));
  if (methods.length === 0) {
    throw new Problem('route_not_found');
  }
  if (request.method !== 'OPTIONS') {
    throw methodNotAllowed(methods);
  }
  void reply.status(204).header('allow', methods.join(', ')).send();
}

/**
 * Refuses a method that the path does not have although the router found a pattern that fits:
 * `PUT /authors/export` does not change the record `export`.
 */
export function checkMethod(request: FastifyRequest): void {
  const { url } = request.routeOptions;
  if (!url?.includes(':')) {
    return;
  }
  const known = request.server[paths];
  const path = pathOf(request);
  if (path !== url && known.has(path)) {
    throw methodNotAllowed(methodsOf(known, path));
  }
}

function methodNotAllowed(methods: readonly string[]): Problem {
  return new Problem('method_not_allowed', { headers: { allow: methods.join(', ') } });
}

/**
 * The methods of a path, sorted; `*` stands for the whole server (RFC 9112, 3.2.4). A path that is a route as it is
 * written has the methods of that route only, not those of patterns that fit too.
 */
function methodsOf(known: Map<string, KnownPath>, path: string): string[] {
  const exact = path === '*' ? undefined : known.get(path);
  const fitting = exact
    ? [exact]
    : [...known.values()].filter(({ pattern }) => path === '*' || pattern.test(path));
  return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort();
}
