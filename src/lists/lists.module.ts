import { Global, Module } from '@nestjs/common';
import { Lists } from './lists.js';
import { Pages } from './pages.js';
import { RecordQuota } from './record-quota.js';

@Global()
@Module({ providers: [Lists, Pages, RecordQuota], exports: [Lists, Pages, RecordQuota] })
export class ListsModule {}
