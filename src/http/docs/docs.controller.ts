import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Public } from '../access.js';
import { publicAddress, serverAddress } from '../public-url.js';
import { preferredType } from '../media-types.js';
import { Traits } from '../routes.js';
import { DEFAULT_SERVER, OPENAPI_FILES } from './openapi-document.js';

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
  readonly #documents = new Map<string, DocumentParts>();
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

  /** The committed document, with the address of this server; `npm run check` compares it with the code. */
  @Get('openapi.json')
  @Traits({ produces: ['application/json', 'application/openapi+json'] })
  json(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Readable {
    void reply.type('application/json; charset=utf-8');
    return this.#send(OPENAPI_FILES.json, request, reply);
  }

  @Get('openapi.yaml')
  @Traits({ produces: ['application/yaml', 'text/yaml', 'text/x-yaml', 'application/json'] })
  yaml(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Readable {
    void reply.type('application/yaml; charset=utf-8');
    return this.#send(OPENAPI_FILES.yaml, request, reply);
  }

  /** In parts, so that all requests share the bytes in memory. */
  #send(file: URL, request: FastifyRequest, reply: FastifyReply): Readable {
    const parts = this.#documents.get(file.href) ?? readParts(file, this.#publicUrl);
    this.#documents.set(file.href, parts);
    const server = Buffer.from(serverAddress(this.#publicUrl, request));
    const chunks = [parts.before, server, parts.after];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    void reply.header('content-length', length);
    return Readable.from(chunks, { objectMode: false });
  }
}

/** What stands before and after the address of the server. */
interface DocumentParts {
  before: Buffer;
  after: Buffer;
}

/** Reads a document; the types of its problems get the address that they have in answers. */
function readParts(file: URL, publicUrl = ''): DocumentParts {
  const text = readFileSync(file, 'utf8').replaceAll(
    /(?<=["' ])(?=\/problems\/)/g,
    () => publicUrl,
  );
  const [before, after] = text.split(DEFAULT_SERVER).map(part => Buffer.from(part));
  return { before, after };
}
