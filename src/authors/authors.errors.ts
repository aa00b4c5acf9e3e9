import { Problem } from '../http/problem.js';

export const authorNotFound = (): Problem => new Problem('author_not_found');

export const authorExists = (): Problem => new Problem('author_exists');
