import { Global, Module } from '@nestjs/common';
import { Cursors } from './cursors.js';

/** What every feature needs to shape its answers. */
@Global()
@Module({ providers: [Cursors], exports: [Cursors] })
export class HttpModule {}
