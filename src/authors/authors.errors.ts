import { Problem, retryLater } from '../problems/problem.js';

export const authorNotFound = (): Problem => new Problem('author_not_found');

export const authorExists = (): Problem => new Problem('author_exists');

/** The record is there, but not in a version for which the caller would change it. */
export const versionPassed = (): Problem => new Problem('precondition_failed');

/** It may be the same as one that an import has stored and not finished, of which nothing can be said yet. */
export const importUnderWay = (): Problem =>
  retryLater('unavailable', 5, 'an import of yours is being stored, and may bring the same record');
