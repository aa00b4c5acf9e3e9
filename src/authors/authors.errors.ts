import { Problem } from '../problems/problem.js';

export const authorNotFound = (): Problem => new Problem('author_not_found');

export const authorExists = (): Problem => new Problem('author_exists');

/** The record exists, but not in a version that the request's conditions allow. */
export const versionPassed = (): Problem => new Problem('precondition_failed');
