import { Inject, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';

/** The token under which the `Config` is injected. */
export const CONFIG = Symbol('CONFIG');

/** Injects the `Config` into a constructor parameter. */
export const InjectConfig = (): PropertyDecorator & ParameterDecorator => Inject(CONFIG);

/** Gives every module the configuration that the process was started with. */
@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    };
  }
}
