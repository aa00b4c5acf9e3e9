import { Problem } from '../../problems/problem.js';
import type { Imported } from './imported.js';

/** Nothing was stored because of faulty lines. */
export function importRefused({ errors, error_count: count }: Imported): Problem {
  const [{ line, detail }] = errors;
  const which = count === 1 ? 'one line has a fault' : `${count} lines have faults`;
  return new Problem('import_refused', {
    detail: `${which}, nothing was stored; line ${line} ${detail}`,
    errors,
    members: { error_count: count },
  });
}

export const uploadBroken = (cause: unknown): Problem =>
  new Problem('invalid_request', { detail: 'the upload broke off', cause });
