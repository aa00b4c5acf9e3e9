import { Problem } from '../problems/problem.js';

export const authorNotFound = (): Problem => new Problem('author_not_found');

export const authorExists = (): Problem => new Problem('author_exists');

/** The record is there, but not in a version for which the caller would change it. */
export const versionPassed = (): Problem => new Problem('precondition_failed');
