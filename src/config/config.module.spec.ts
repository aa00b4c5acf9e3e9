import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from 'vitest';
import type { Config } from './config.js';
import { loadConfig } from './config.js';
import { CONFIG, ConfigModule, InjectConfig, SECRET_KEY } from './config.module.js';

@Injectable()
class Reader {
  constructor(@InjectConfig() readonly config: Config) {}
}

@Module({ providers: [Reader] })
class FeatureModule {}

it('injects the configuration into modules that do not import it', async () => {
  const config = loadConfig({}, '');
  const key = Buffer.alloc(32);
  const root = { module: class {}, imports: [ConfigModule.forRoot(config, key), FeatureModule] };
  const app = await NestFactory.createApplicationContext(root, { logger: false });
  expect(app.get(Reader, { strict: false }).config).toBe(config);
  expect(app.get(CONFIG)).toBe(config);
  expect(app.get(SECRET_KEY)).toBe(key);
  await app.close();
});
