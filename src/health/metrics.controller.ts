import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access } from '../http/access.js';
import { Traits } from '../http/routes.js';
import { Metrics } from './metrics.js';

const EXAMPLE = '# HELP http_requests_total Requests\n# TYPE http_requests_total counter\n';

@ApiTags('operation')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Access({ admin: true, scope: 'metrics:read' })
  @Traits({ produces: ['text/plain', 'application/openmetrics-text'] })
  @ApiOperation({
    summary: 'Get metrics for Prometheus',
    operationId: 'getMetrics',
    description:
      'Figures of requests, logins, queues, the database and the process, in the text format of ' +
      'Prometheus. With `WEB_CONCURRENCY` they are the sums over all processes.',
  })
  @ApiOkResponse({
    description: 'the metrics',
    content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
