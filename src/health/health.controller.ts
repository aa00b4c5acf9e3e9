import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Database } from '../database/database.js';
import { Public } from '../http/access.js';
import { ApiProblem } from '../problems/problem.dto.js';
import { retryLater } from '../problems/problem.js';
import { Descriptors } from './descriptors.js';
import { Lifecycle } from './lifecycle.js';

class HealthResponse {
  @ApiProperty({ enum: ['ok'] })
  status: 'ok';
}

@ApiTags('operation')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly lifecycle: Lifecycle,
    private readonly descriptors: Descriptors,
  ) {}

  @Get('live')
  @ApiOperation({
    summary: 'Check that the process runs',
    operationId: 'isLive',
    description:
      'Says that the process answers; it asks nothing else. Restart the process when this fails.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'it runs' })
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    summary:
      'Check that the process accepts requests: database reachable, file descriptors left, not shutting down',
    operationId: 'isReady',
    description:
      'Says that the process can serve: the database answers and is migrated, file descriptors are ' +
      'left, and no shutdown has begun. Send no traffic while this fails.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'it is ready' })
  @ApiProblem('unavailable')
  async ready(): Promise<HealthResponse> {
    if (this.lifecycle.draining) {
      throw retryLater('unavailable', 1, 'the process is shutting down');
    }
    if (!(await this.descriptors.enough())) {
      throw retryLater('unavailable', 5, 'the process has too few file descriptors left');
    }
    await this.database.ping();
    return { status: 'ok' };
  }
}
