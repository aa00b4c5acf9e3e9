import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { Injectable, Logger as NestFrontLogger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { fastify } from 'fastify';
import type { Logger } from 'pino';
import { describe, expect, it } from 'vitest';
import { SECRET_MEMBERS } from './log-data.js';
import { NestLogger, STANDARD_OUTPUT, createLogger } from './logger.js';

type Line = Record<string, unknown>;

const capture = (
  logLevel = 'info' as const,
): { log: Logger; text: () => string; lines: () => Line[] } => {
  const written: string[] = [];
  const log = createLogger(
    { logLevel, logFormat: 'json' },
    { write: (line: string) => void written.push(line) },
  );
  const text = (): string => written.join('');
  return { log, text, lines: () => written.map(line => JSON.parse(line) as Line) };
};

class Session {
  constructor(readonly key = 'hunter2') {}
}

describe('createLogger', () => {
  it('writes one JSON object a line, with a level and a time that people read', () => {
    const { log, text, lines } = capture();
    log.info({ route: '/authors', status: 200, none: null, list: [1, { a: 'b' }] }, 'a\nb');
    expect(text().split('\n')).toHaveLength(2);
    expect(lines()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: process.pid,
      route: '/authors',
      status: 200,
      none: null,
      list: [1, { a: 'b' }],
      msg: 'a\nb',
    });
  });

  it('keeps to the level', () => {
    const { log, lines } = capture();
    log.debug('no');
    log.warn('yes');
    expect(lines().map(line => line.msg)).toEqual(['yes']);
  });

  it.each([...SECRET_MEMBERS])('never writes %s', name => {
    const { log, text } = capture();
    const upper = name.toUpperCase();
    const value = { [name]: 'hunter2', beside: 'seen' };
    const isHeader = name === name.toLowerCase();
    log.info(value, 'top');
    log.info({ a: value, b: [value, { c: { d: value } }] }, 'deep');
    log.info({ a: { [name]: { inner: 'hunter2' } } }, 'an object');
    log.child(value).info('child');
    log.child(value).info(value, 'both');
    if (isHeader) {
      log.info({ headers: { [upper]: 'hunter2' } }, 'other case');
    }
    expect(text()).not.toContain('hunter2');
    expect(text().split('seen')).toHaveLength(8);
  });

  it('writes of an error what says where it comes from, not what drivers hang on it', () => {
    const { log, text, lines } = capture();
    const cause = Object.assign(new TypeError('inner'), { input: 'hunter2' });
    const error = Object.assign(new Error('outer', { cause }), {
      code: 'SQLITE_BUSY',
      parameters: ['hunter2'],
      detail: 'Key (x)=(hunter2)',
    });
    log.error(error);
    log.error({ err: error }, 'twice');
    log.error({ failure: [error] }, 'elsewhere');
    expect(text()).not.toContain('hunter2');
    const expected = {
      type: 'Error',
      message: 'outer',
      code: 'SQLITE_BUSY',
      stack: expect.stringContaining('logger.spec'),
      cause: { type: 'TypeError', message: 'inner', stack: expect.any(String) },
    };
    expect(lines()[0]).toMatchObject({ err: expected, msg: 'outer' });
    expect(lines()[1]).toMatchObject({ err: expected, msg: 'twice' });
    expect(lines()[2]).toMatchObject({ failure: [expected] });
  });

  it('writes of other objects only what they are', () => {
    const { log, text, lines } = capture();
    const loop: Line = {};
    loop.loop = loop;
    const at = new Date(0);
    log.info({ session: new Session(), key: Buffer.from('hunter2'), map: new Map(), at, loop });
    expect(lines()[0]).toMatchObject({
      session: '[Session]',
      key: '[Buffer]',
      map: '[Map]',
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('"[…]"');
  });

  it('keeps requests and errors out of the hands of Fastify too', async () => {
    const { log, text, lines } = capture();
    const server = fastify({ loggerInstance: log });
    server.post('/', async request => {
      request.log.info({ headers: request.headers, body: request.body }, 'mine');
      throw Object.assign(new Error('boom'), { parameters: ['hunter2'] });
    });
    await server.inject({
      method: 'POST',
      url: '/?access_token=hunter2',
      headers: { authorization: 'Bearer hunter2', 'x-access-tokens': 'hunter2' },
      payload: { password: 'hunter2', name: 'ada' },
    });
    await server.close();
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('"name":"ada"');
    expect(lines().find(line => line.msg === 'boom')).toMatchObject({ err: { type: 'Error' } });
  });
});

describe('standard output', () => {
  const pinoPath = createRequire(import.meta.url).resolve('pino');

  it.each([
    ['the end', '', 0],
    ['process.exit', 'process.exit(3)', 3],
    ['an exception', 'setImmediate(() => { throw new Error("x") })', 1],
  ])('has every line at %s', (_what, end, status) => {
    // What createLogger does with file descriptor 1, in a separate process.
    const script = `
      const pino = require(${JSON.stringify(pinoPath)});
      const out = pino.destination(${JSON.stringify(STANDARD_OUTPUT)});
      const log = pino({}, out);
      for (let i = 0; i < 1000; i++) log.info({ i });
      ${end}`;
    const run = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(run.status).toBe(status);
    expect(run.stdout.trim().split('\n')).toHaveLength(1000);
  });
});

describe('NestLogger', () => {
  it('writes what Nest says with its context', () => {
    const { log, lines } = capture();
    const nest = new NestLogger(log);
    nest.log('hello', 'Feature');
    nest.warn('two', 'messages', 'Feature');
    nest.error('failed', 'Error: failed\n    at x.js:1:1', 'Feature');
    nest.error(new Error('thrown'), 'Feature');
    nest.error('failed', undefined, 'Feature');
    nest.log({ count: 1, password: 'hunter2' }, 'Feature');
    nest.log('bare');
    nest.debug('unseen', 'Feature');
    nest.verbose('unseen', 'Feature');
    nest.fatal('over', 'Feature');
    expect(lines()).toMatchObject([
      { level: 'info', context: 'Feature', msg: 'hello' },
      { level: 'warn', context: 'Feature', msg: 'two' },
      { level: 'warn', context: 'Feature', msg: 'messages' },
      { level: 'error', context: 'Feature', msg: 'failed', stack: expect.stringContaining(' at ') },
      { level: 'error', context: 'Feature', msg: 'thrown', err: { message: 'thrown' } },
      { level: 'error', context: 'Feature', msg: 'failed' },
      { level: 'info', context: 'Feature', count: 1, password: '[redacted]' },
      { level: 'info', msg: 'bare' },
      { level: 'fatal', context: 'Feature', msg: 'over' },
    ]);
  });

  it('is silent about what Nest builds, not about what modules say', async () => {
    @Injectable()
    class Speaker {
      private readonly log = new NestFrontLogger(Speaker.name);
      onModuleInit(): void {
        this.log.log('ready');
      }
    }
    @Module({ providers: [Speaker] })
    class SpeakerModule {}
    const { log, lines } = capture();
    const app = await NestFactory.createApplicationContext(SpeakerModule, {
      logger: new NestLogger(log),
    });
    await app.close();
    expect(lines()).toMatchObject([{ level: 'info', context: 'Speaker', msg: 'ready' }]);
  });
});
