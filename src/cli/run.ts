import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { AppModule } from '../app.module.js';
import { openFoundations } from '../app.js';
import { ConfigError, loadConfig } from '../config/config.js';
import { DatabaseStartError } from '../database/database-errors.js';
import { Problem } from '../problems/problem.js';

/** A command that cannot run as given; its message is the line that the user sees. */
export class CommandError extends Error {}

/** Runs `work` with the application's services on the configured database, without serving, and closes them. */
export async function withServices<T>(
  work: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const foundations = await openFoundations(loadConfig());
  let app: INestApplicationContext;
  try {
    const module = AppModule.forRoot(foundations);
    app = await NestFactory.createApplicationContext(module, {
      logger: false,
      abortOnError: false,
    });
  } catch (error) {
    await foundations.database.close();
    throw error;
  }
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

/** Prints a result: with `--json` one JSON line, otherwise the sentence. */
export function show(options: { json?: boolean }, result: object, sentence: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(result) : sentence}\n`);
}

/** The line to print for an error, and the exit code. */
export function explain(error: unknown): { line: string; exitCode: number } {
  if (error instanceof ConfigError) {
    return { line: error.message, exitCode: error.exitCode };
  }
  if (error instanceof Problem) {
    return { line: error.detail, exitCode: 1 };
  }
  const expected = error instanceof CommandError || error instanceof DatabaseStartError;
  const line = expected ? error.message : `unexpected: ${(error as Error).message}`;
  return { line: line.replaceAll('\n', ' '), exitCode: 1 };
}
