import 'reflect-metadata';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import type { KeyRing } from './keys/key-ring.js';
import { BasicAuthGuard } from './login/basic-auth.guard.js';
import type { CredentialsService } from './passwords/credentials.service.js';
import type { SessionsService } from './sessions/sessions.service.js';
import { BasicStrategy } from './strategies/basic.strategy.js';
import { JwtStrategy } from './strategies/jwt.strategy.js';
import { PersonalTokenStrategy } from './strategies/personal-token.strategy.js';
import type { PersonalTokensService } from './tokens/personal-tokens.service.js';

interface Request {
  headers: Record<string, string>;
  ip: string;
  routeOptions: object;
  user?: { publicId: string; scopes: string[] };
}

/** Requests in the order of their arrival, each answered when a test says so. */
class Waiting {
  readonly answers: ((user: object) => void)[] = [];

  wait = (): Promise<object> => new Promise(resolve => this.answers.push(resolve));
}

const contextOf = (request: Request): ExecutionContext =>
  ({
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({}) }),
  }) as unknown as ExecutionContext;

const requestWith = (authorization: string): Request => ({
  headers: { authorization },
  routeOptions: { config: { access: { anyToken: true } } },
  ip: '192.0.2.1',
});

/** Lets two requests wait, answers them in the given order and returns whom each was taken for. */
async function overlap(guard: CanActivate, waiting: Waiting, order: number[], headers: string[]) {
  const requests = headers.map(requestWith);
  requests.forEach(each => void guard.canActivate(contextOf(each)));
  await expect.poll(() => waiting.answers.length).toBe(2);
  for (const index of order) {
    waiting.answers[index]({ publicId: `user ${index}`, scopes: [] });
    await new Promise(setImmediate);
  }
  return requests.map(({ user }) => user?.publicId);
}

describe.each([[[0, 1]], [[1, 0]]])('two requests that are answered in the order %j', order => {
  it('should each get their own caller from JwtAuthGuard', async () => {
    const waiting = new Waiting();
    const tokens = { principal: waiting.wait } as unknown as PersonalTokensService;
    const guard = new JwtAuthGuard(
      {} as HttpAdapterHost,
      new JwtStrategy({} as KeyRing, {} as SessionsService),
      new PersonalTokenStrategy(tokens),
    );
    const headers = ['Bearer lib_pat_0', 'Bearer lib_pat_1'];
    expect(await overlap(guard, waiting, order, headers)).toEqual(['user 0', 'user 1']);
  });

  it('should each get their own user from BasicAuthGuard', async () => {
    const waiting = new Waiting();
    const credentials = { verifyLogin: waiting.wait } as unknown as CredentialsService;
    const guard = new BasicAuthGuard(new BasicStrategy(credentials));
    const headers = ['a:1', 'b:2'].map(each => `Basic ${Buffer.from(each).toString('base64')}`);
    expect(await overlap(guard, waiting, order, headers)).toEqual(['user 0', 'user 1']);
  });
});
