import { Problem, retryLater } from '../../problems/problem.js';

/** What callers are told about a limit: its name, how many tries, in how many seconds. */
export interface Policy {
  readonly name: string;
  readonly quota: number;
  readonly windowS: number;
}

/**
 * The answer to whoever has used up an allowance: the same for every reason, apart from the seconds.
 * It carries `Retry-After` and the fields of draft-ietf-httpapi-ratelimit-headers-10.
 */
export function tooManyRequests({ name, quota, windowS }: Policy, waitMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new Problem('too_many_requests', {
    headers: {
      ...retryLater('too_many_requests', seconds).headers,
      'ratelimit-policy': `"${name}";q=${quota};w=${windowS}`,
      ratelimit: `"${name}";r=0;t=${seconds}`,
    },
  });
}
