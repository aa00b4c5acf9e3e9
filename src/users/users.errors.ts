import { Problem } from '../problems/problem.js';

export const nameTaken = (): Problem => new Problem('name_taken');

export const userNotFound = (): Problem => new Problem('user_not_found');

export const lastAdmin = (): Problem => new Problem('last_admin');

/** The name is invalid. */
export const nameRefused = (fault: string): Problem =>
  new Problem('validation_failed', {
    detail: `name ${fault}`,
    errors: [{ pointer: '/name', detail: fault }],
  });
