import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access.js';
import { preferredType } from '../media-types.js';
import { PROBLEMS, Problem } from '../../problems/problem.js';
import type { ProblemCode } from '../../problems/problem.js';
import { openApiText } from './openapi-file.js';

const LINKS = {
  documentation: '/docs',
  openapi: '/openapi.json',
  health: '/health/ready',
  register: '/register',
  login: '/login',
  authors: '/authors',
} as const;

const ROOT_TYPES = ['application/json', 'text/html'] as const;

@ApiExcludeController()
@Public()
@Controller()
export class DocsController {
  /** Takes a browser to the documentation, and tells a program where things are. */
  @Get()
  @RouteConfig({ produces: ROOT_TYPES })
  root(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): typeof LINKS | undefined {
    void reply.header('vary', 'accept');
    if (preferredType(request.headers, ROOT_TYPES) === 'text/html') {
      void reply.redirect('/docs', 302);
      return undefined;
    }
    return LINKS;
  }

  @Get('openapi.json')
  @RouteConfig({ produces: ['application/json', 'application/openapi+json'] })
  json(@Res({ passthrough: true }) reply: FastifyReply): string {
    void reply.type('application/json; charset=utf-8');
    return openApiText();
  }

  @Get('openapi.yaml')
  @RouteConfig({ produces: ['application/yaml', 'text/yaml', 'text/x-yaml', 'application/json'] })
  async yaml(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { dump } = await import('js-yaml');
    void reply.type('application/yaml; charset=utf-8');
    return dump(JSON.parse(openApiText()), { noRefs: true });
  }

  /** The page that a problem's `type` names. */
  @Get('problems/:code')
  @RouteConfig({ produces: ['text/html'] })
  problem(@Param('code') code: string, @Res({ passthrough: true }) reply: FastifyReply): string {
    if (!Object.hasOwn(PROBLEMS, code)) {
      throw new Problem('route_not_found');
    }
    const { status, title, message } = PROBLEMS[code as ProblemCode];
    void reply.type('text/html; charset=utf-8');
    return (
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
      `<h1>${title}</h1><p>Status ${status}, code <code>${code}</code>.</p><p>${message}</p>` +
      `<p><a href="/docs">Documentation</a></p></html>`
    );
  }
}
