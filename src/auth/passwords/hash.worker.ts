import { setPriority } from 'node:os';
import bcrypt from 'bcryptjs';

/** The job of a hash thread. The digest is what bcrypt hashes: at most 72 bytes, without NUL. */
export type HashJob =
  | { readonly digest: string; readonly cost: number }
  | {
      readonly digest: string;
      /** The bcrypt hash to compare with; without one, only the padding takes its time. */
      readonly stored?: string;
      /** Costs of further hashes, computed only for the time that they take. */
      readonly padding: readonly number[];
    };

/**
 * Requests go before hashes on few cores, but only a little: at 10, a flood of refused logins kept known clients
 * waiting for more than 2 s (`npm run attack`, L1); `bench/logins.mjs` measures the opposite.
 */
const NICENESS = 4;

// On Linux this is the priority of the thread alone.
if (process.platform === 'linux') {
  try {
    setPriority(NICENESS);
  } catch {
    // A sandbox may forbid it; a thread of normal priority hashes too.
  }
}

/** For hashes that are thrown away. */
const NO_SALT = '.'.repeat(22);

/** Runs in a thread of HashPool: a new bcrypt hash, or whether the digest is the stored one's. */
export default function hash(job: HashJob): string | boolean {
  if ('cost' in job) {
    return bcrypt.hashSync(job.digest, job.cost);
  }
  const ok = job.stored !== undefined && bcrypt.compareSync(job.digest, job.stored);
  for (const cost of job.padding) {
    bcrypt.hashSync(job.digest, `$2b$${String(cost).padStart(2, '0')}$${NO_SALT}`);
  }
  return ok;
}
