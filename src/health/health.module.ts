import { Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { onRequestEnd } from '../http/request-end.js';
import { Descriptors } from './descriptors.js';
import { HealthController } from './health.controller.js';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

/** Health checks and metrics for operators. */
@Module({
  controllers: [HealthController, MetricsController],
  providers: [Descriptors, Lifecycle, Metrics],
  exports: [Lifecycle],
})
export class HealthModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const instance = this.host.httpAdapter?.getInstance<FastifyInstance>();
    if (instance === undefined) {
      return;
    }
    onRequestEnd(instance, (request, reply, isAborted) => {
      this.metrics.observe(request, reply, isAborted);
    });
    // Otherwise a keep-alive connection would delay the close after its last answer.
    instance.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.lifecycle.draining) {
        void reply.header('connection', 'close');
      }
      done();
    });
  }
}
