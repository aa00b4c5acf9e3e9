import { expect } from 'vitest';
import { call } from './client.js';

/** An error answer, however it was received. */
export interface ProblemAnswer {
  status: number;
  headers: Headers | Record<string, string>;
  text: string;
}

/** What a caller must never read: a stack, an SQL text, a file of ours, the words of the framework. */
const LEAKS =
  /\n *at |\\n *at |\.[cm]?[jt]s\b|node_modules|\b(SELECT|INSERT|UPDATE|DELETE FROM|SQLITE_|ECONN)|FST_|HPE_|statusCode|Exception\b/;

/** Holds for every error answer: the form of RFC 9457, all our members, and nothing of our inside. */
export async function expectProblem(
  base: string,
  answer: ProblemAnswer,
  status: number,
  code: string,
): Promise<Record<string, any>> {
  const headers = new Headers(answer.headers);
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([
    status,
    expect.stringContaining(code),
  ]);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(answer.text);
  expect(problem).toMatchObject({
    type: `/problems/${code}`,
    title: expect.stringMatching(/./),
    status,
    detail: expect.stringMatching(/./),
    instance: expect.stringMatching(/^(\/[^?]*|\*)$/),
    request_id: headers.get('x-request-id'),
    message: expect.stringMatching(/./),
  });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  // The instance is the caller's own path.
  expect(JSON.stringify({ ...problem, instance: '' })).not.toMatch(LEAKS);
  if (status === 422) {
    expect(problem.errors.length).toBeGreaterThan(0);
  }
  const page = await call(base, 'GET', problem.type, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  return problem;
}
