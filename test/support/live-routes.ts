import type { RunningApp } from './app.js';

export interface LiveRoute {
  /** As Fastify has it, such as `/authors/:id`. */
  url: string;
  /** In alphabetical order, with OPTIONS. */
  methods: string[];
}

/** Every route that the product answers on, from the router itself. */
export async function liveRoutes({ app }: RunningApp): Promise<LiveRoute[]> {
  const { routesOf } = (await import('#dist/http/routes.js' as string)) as {
    routesOf(fastify: unknown): LiveRoute[];
  };
  return routesOf(app.getHttpAdapter().getInstance())
    .map(({ url, methods }) => ({ url, methods: methods.toSorted() }))
    .toSorted((a, b) => a.url.localeCompare(b.url));
}

/** Whether a route only documents the API, and is no part of it. */
export const isDocumentation = (url: string): boolean =>
  url === '/' || /^\/(docs|problems|openapi\.)/.test(url);
