import { Global, Module } from '@nestjs/common';
import { Lists } from './lists.js';
import { Pages } from './pages.js';

@Global()
@Module({ providers: [Lists, Pages], exports: [Lists, Pages] })
export class ListsModule {}
