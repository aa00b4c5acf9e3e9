import { Inject, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';

/** The token under which the `Config` is injected. */
export const CONFIG = Symbol('CONFIG');

/** The token under which the secret key (a `Buffer` of 32 bytes or more) is injected. */
export const SECRET_KEY = Symbol('SECRET_KEY');

/** Injects the `Config` into a constructor parameter. */
export const InjectConfig = (): PropertyDecorator & ParameterDecorator => Inject(CONFIG);

/** Gives every module the configuration and the secret key of the process. */
@Module({})
export class ConfigModule {
  static forRoot(config: Config, secretKey: Buffer): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: SECRET_KEY, useValue: secretKey },
      ],
      exports: [CONFIG, SECRET_KEY],
    };
  }
}
