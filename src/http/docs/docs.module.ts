import { Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DocsController } from './docs.controller.js';
import { serveSwaggerUi } from './swagger-ui.js';

/** The documentation that the product serves of itself: the OpenAPI document, Swagger UI, a page for each problem. */
@Module({ controllers: [DocsController] })
export class DocsModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const instance = this.host.httpAdapter?.getInstance<FastifyInstance>();
    if (instance !== undefined) {
      serveSwaggerUi(instance);
    }
  }
}
