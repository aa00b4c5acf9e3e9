import { Global, Module } from '@nestjs/common';
import { Cursors } from './cursors.js';

/** What every paged list needs. */
@Global()
@Module({ providers: [Cursors], exports: [Cursors] })
export class ListsModule {}
