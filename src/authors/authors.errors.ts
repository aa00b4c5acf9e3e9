import { Problem } from '../problems/problem.js';

export const authorNotFound = (): Problem => new Problem('author_not_found');

export const authorExists = (): Problem => new Problem('author_exists');

/** The record exists, but its version does not meet the condition of this header field. */
export const versionPassed = (field: 'If-Match' | 'If-None-Match'): Problem =>
  new Problem('precondition_failed', {
    detail: `the condition of ${field} does not hold for the current version of the record`,
  });
