import { constants, setPriority } from 'node:os';
import bcrypt from 'bcryptjs';

/** What a hash thread is asked for. The digest is what bcrypt sees: 72 bytes at most, without NUL. */
export type HashJob =
  | { readonly digest: string; readonly cost: number }
  | {
      readonly digest: string;
      /** The bcrypt hash to compare with; absent where there is none and only time is to pass. */
      readonly stored?: string;
      /** The costs of further hashes, made for the time that they take. */
      readonly padding: readonly number[];
    };

// On Linux this is the priority of the thread alone: where cores are few, requests go before hashes. Not the lowest
// one: a flood of requests that are cheap to refuse would then leave no time for any login at all.
if (process.platform === 'linux') {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}

/** A salt like any other, for hashes that nobody keeps. */
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
