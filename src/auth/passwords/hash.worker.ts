import { setPriority } from 'node:os';
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

/**
 * Where cores are few, requests go before hashes, but not far: at 10, a flood of logins that are cheap to refuse kept
 * known clients' own logins waiting longer than 2 s (`npm run attack`, L1); `bench/logins.mjs` shows the other side.
 */
const NICENESS = 4;

// On Linux this is the priority of the thread alone.
if (process.platform === 'linux') {
  setPriority(NICENESS);
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
