import { Problem } from '../problems/problem.js';

export const publisherNotFound = (): Problem => new Problem('publisher_not_found');

export const publisherExists = (): Problem => new Problem('publisher_exists');
