import { Problem, retryLater } from '../../problems/problem.js';
import type { Faults } from './import-stage.js';

/** Nothing was stored, because of these lines. */
export function importRefused({ count, first }: Faults): Problem {
  const [{ line, detail }] = first;
  const which = count === 1 ? 'one line has a fault' : `${count} lines have faults`;
  return new Problem('import_refused', {
    detail: `${which}, nothing was stored; line ${line} ${detail}`,
    errors: first,
    members: { error_count: count },
  });
}

export const uploadBroken = (cause: unknown): Problem =>
  new Problem('invalid_request', { detail: 'the upload broke off', cause });

export const tooManyImports = (): Problem =>
  retryLater('unavailable', 5, 'too many imports are running');
