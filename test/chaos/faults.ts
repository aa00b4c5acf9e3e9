import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseKind } from '../support/app.js';
import type { LoadOptions } from '../support/load.js';
import { Crowd } from './crowd.js';
import type { Disk, Setting, Subject } from './subject.js';

export interface Fault extends Setting, Pick<LoadOptions, 'allowed' | 'breaks'> {
  name: string;
  /** Both databases unless one is named. */
  only?: DatabaseKind;
  /** Each two of these are tried together. */
  isCommon?: boolean;
  /** Rounds of `npm run chaos`; 3 by default. */
  rounds?: number;
  /** In the short form, too. */
  isShort?: boolean;
  /** Breaks something, and mends it after a while; returns when the mending began, if that takes time. */
  strike(subject: Subject): Promise<number | void>;
}

const DAY_MS = 86_400_000;
const HOLD_MS = 1_500;
const BROKEN = { breaks: true } as const;

/** The clock jumps by this, or stands at this time. */
async function setClock({ clock }: Subject, text: string): Promise<void> {
  writeFileSync(clock, text);
  await sleep(HOLD_MS);
  writeFileSync(clock, '+0');
}

function clockFault(name: string, text: () => string): Fault {
  return {
    name,
    hasClock: true,
    // A token may be from the future or have expired, and logins that were too many may be so for a day.
    allowed: [401, 429],
    strike: subject => setClock(subject, text()),
  };
}

function diskFault(disk: Disk, name: string): Fault {
  return {
    name,
    disks: [disk],
    allowed: [507],
    isCommon: disk === 'data',
    async strike(subject) {
      subject.fill(disk);
      await sleep(HOLD_MS);
      subject.empty(disk);
      await startAgain(subject);
    },
  };
}

/** A PostgreSQL that cannot write its log ends itself. */
async function startAgain({ postgres }: Subject): Promise<void> {
  if (postgres !== undefined && !(await postgres.isReachable())) {
    await postgres.halt();
    await postgres.start();
  }
}

function crowdFault(
  name: string,
  count: number,
  how: (subject: Subject) => { head?: string; drop?: string; reads?: boolean },
): Fault {
  return {
    name,
    async strike(subject) {
      const crowd = await Crowd.of(count, subject.port, how(subject));
      await sleep(HOLD_MS);
      crowd.leave();
    },
  };
}

/** SIGSTOP, and SIGCONT after a while. */
async function standStill(subject: Subject, pids: readonly number[]): Promise<void> {
  pids.forEach(pid => subject.signal(pid, 'SIGSTOP'));
  await sleep(HOLD_MS);
  pids.forEach(pid => subject.signal(pid, 'SIGCONT'));
}

async function limitDescriptors(subject: Subject): Promise<void> {
  const limit = (most: string): unknown =>
    spawnSync('prlimit', ['--pid', String(subject.server.pid), `--nofile=${most}:`]);
  limit(String(subject.descriptors + 3));
  const crowd = await Crowd.of(100, subject.port, {});
  await sleep(HOLD_MS);
  limit('20000');
  crowd.leave();
}

const REQUEST = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n';
const BODY =
  'POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{';

export const FAULTS: readonly Fault[] = [
  {
    name: 'killed at a random moment',
    ...BROKEN,
    rounds: 100,
    isCommon: true,
    isShort: true,
    async strike(subject) {
      const began = performance.now();
      await subject.kill();
      return began;
    },
  },
  {
    name: 'event loop blocked',
    isCommon: true,
    strike: subject => standStill(subject, [subject.server.pid]),
  },
  {
    name: 'threads killed (readers, imports, hashes)',
    isCommon: true,
    isShort: true,
    allowed: [500],
    async strike(subject) {
      for (let times = 0; times < 5; times += 1) {
        subject.signal(subject.server.pid, 'SIGUSR2');
        await sleep(HOLD_MS / 5);
      }
    },
  },
  diskFault('data', 'disk full: database'),
  diskFault('log', 'disk full: log'),
  diskFault('temporary', 'disk full: temporary files'),
  { ...clockFault('clock a day ahead', () => `+${DAY_MS}`), isShort: true, isCommon: true },
  clockFault('clock a day behind', () => `-${DAY_MS}`),
  clockFault('clock stands still', () => String(Date.now())),
  { name: 'descriptors used up', ...BROKEN, isShort: true, strike: limitDescriptors },
  crowdFault('1,000 slow headers', 1_000, () => ({ head: REQUEST, drop: 'X: y\r\n' })),
  crowdFault('1,000 slow bodies', 1_000, () => ({ head: BODY, drop: ' ' })),
  crowdFault('1,000 slow readers', 1_000, () => ({
    head: 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(3),
    reads: false,
  })),
  { ...crowdFault('10,000 idle connections', 10_000, () => ({})), isCommon: false },
  {
    name: 'PostgreSQL killed',
    only: 'postgres',
    isCommon: true,
    async strike({ postgres }) {
      const began = performance.now();
      await postgres!.restartKilled();
      return began;
    },
  },
  {
    name: 'PostgreSQL restarted',
    only: 'postgres',
    isCommon: true,
    isShort: true,
    async strike({ postgres }) {
      const began = performance.now();
      await postgres!.halt();
      await postgres!.start();
      return began;
    },
  },
  {
    name: 'a process of PostgreSQL killed',
    only: 'postgres',
    strike: async ({ postgres }) => postgres!.signal('SIGKILL', 'one'),
  },
  {
    name: 'PostgreSQL stands still',
    only: 'postgres',
    isCommon: true,
    async strike({ postgres }) {
      postgres!.signal('SIGSTOP');
      await sleep(HOLD_MS);
      postgres!.signal('SIGCONT');
    },
  },
  {
    name: 'PostgreSQL read-only',
    only: 'postgres',
    async strike(subject) {
      const end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'library-api'";
      await subject.ask('ALTER ROLE postgres SET default_transaction_read_only = on');
      await subject.ask(end);
      await sleep(HOLD_MS);
      await subject.ask('SET default_transaction_read_only = off; ALTER ROLE postgres RESET ALL');
      await subject.ask(end);
    },
  },
  {
    name: 'PostgreSQL slow (300 ms an answer)',
    only: 'postgres',
    async strike({ wire }) {
      wire!.delayMs = 300;
      await sleep(HOLD_MS);
      wire!.delayMs = 0;
    },
  },
  {
    name: 'connections to PostgreSQL lost',
    only: 'postgres',
    isCommon: true,
    async strike({ wire }) {
      for (let times = 0; times < 5; times += 1) {
        wire!.cut();
        await sleep(HOLD_MS / 5);
      }
    },
  },
  {
    name: 'PgBouncer restarted',
    only: 'postgres',
    pooled: true,
    async strike({ pooler }) {
      await pooler!.halt();
      await sleep(HOLD_MS / 3);
      await pooler!.resume();
    },
  },
];
