import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access } from '../http/access.js';
import { Traits } from '../http/routes.js';
import { Metrics } from './metrics.js';

@ApiTags('operation')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Access({ admin: true, scope: 'metrics:read' })
  @Traits({ produces: ['text/plain', 'application/openmetrics-text'] })
  @ApiOperation({
    summary: 'Metrics for Prometheus',
    operationId: 'getMetrics',
    description:
      'Requests, logins, queues, database and process figures in the text format of Prometheus; ' +
      'with `WEB_CONCURRENCY`, summed over all processes.',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
