import { readFileSync } from 'node:fs';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Public } from '../access.js';
import { publicAddress } from '../public-url.js';
import { preferredType } from '../media-types.js';
import { Traits } from '../routes.js';
import { OPENAPI_FILE } from './openapi-document.js';

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
  /** Made at the first request and kept as bytes: neither changes. */
  #json?: Buffer;
  #yaml?: Promise<Buffer>;
  readonly #publicUrl?: string;

  constructor(@InjectConfig() { publicUrl }: Config) {
    this.#publicUrl = publicUrl;
  }

  /** Sends a browser to the documentation, and gives a program links. */
  @Get()
  @Traits({ produces: ROOT_TYPES })
  root(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    void reply.header('vary', 'accept, origin');
    // Not passthrough: Nest would answer a second time after the redirect.
    if (preferredType(request.headers, ROOT_TYPES) === 'text/html') {
      void reply.redirect('/docs', 302);
    } else {
      const links = Object.entries(LINKS).map(([name, path]) => [
        name,
        publicAddress(this.#publicUrl, path),
      ]);
      void reply.send(Object.fromEntries(links));
    }
  }

  /** The committed document; `npm run check` compares it with the code. */
  @Get('openapi.json')
  @Traits({ produces: ['application/json', 'application/openapi+json'] })
  json(@Res({ passthrough: true }) reply: FastifyReply): Buffer {
    void reply.type('application/json; charset=utf-8');
    return this.#document();
  }

  @Get('openapi.yaml')
  @Traits({ produces: ['application/yaml', 'text/yaml', 'text/x-yaml', 'application/json'] })
  yaml(@Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    void reply.type('application/yaml; charset=utf-8');
    this.#yaml ??= this.#toYaml();
    return this.#yaml;
  }

  #document(): Buffer {
    this.#json ??= withServer(readFileSync(OPENAPI_FILE), this.#publicUrl);
    return this.#json;
  }

  async #toYaml(): Promise<Buffer> {
    const { dump } = await import('js-yaml');
    return Buffer.from(dump(JSON.parse(this.#document().toString()), { noRefs: true }));
  }
}

/** The server that clients send their requests to, and the problem types that it answers with. */
function withServer(document: Buffer, url: string | undefined): Buffer {
  if (url === undefined) {
    return document;
  }
  const text = document.toString().replaceAll('"/problems/', () => `"${url}/problems/`);
  return Buffer.from(JSON.stringify({ ...JSON.parse(text), servers: [{ url }] }));
}
