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
      'Answers while the process runs, whatever the database does. Restart the process if it does not.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'it runs' })
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Check that the server can take requests',
    operationId: 'isReady',
    description:
      'Answers 200 if the database is reachable and migrated, file descriptors are left and no ' +
      'shutdown has begun; otherwise 503. Balancers send traffic only to servers that answer 200.',
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
