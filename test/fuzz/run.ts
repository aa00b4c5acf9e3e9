import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Operation } from './operations.js';
import { DOCUMENTATION, OPERATIONS } from './operations.js';
import { bytesOf, planOf } from './requests.js';
import type { Plan } from './requests.js';
import { HELD_BY_THREADS, Subject } from './subject.js';
import type { Holding, Span, Total } from './subject.js';
import { exchange } from './wire.js';
import type { Answer, Outcome } from './wire.js';

export interface Orders {
  seed: number;
  /** The run ends after this many requests or seconds; each operation has its turn first. */
  requests: number;
  seconds: number;
  /** One operation alone; with the path of fast-check one of its inputs alone. */
  only?: string;
  path?: string;
  /** A short run waits for descriptors alone, which come back sooner than memory. */
  isShort: boolean;
}

/** A plan, and how to send it again: FUZZ_ONLY, FUZZ_SEED and FUZZ_PATH. */
export interface Input {
  plan: Plan;
  seed: number;
  path: string;
}

export interface Tally {
  operation: Operation;
  requests: number;
  statuses: Record<string, number>;
  slowest: { ms: number; input?: Input };
  /**
   * The longest wait of the second client, above 100 ms the lesser of two tries, and the longest turn of the server's
   * event loop in it, without the time that the machine gave to others.
   */
  gap: { ms: number; own: number; input?: Input };
  /** For each fault how often it was seen, and the smallest input that shows it. */
  faults: Map<string, { count: number; input: Input }>;
}

export interface Report {
  tallies: Tally[];
  total: Total;
  held: Record<'before' | 'highest' | 'after', Holding>;
  seconds: number;
}

/** Inputs of an operation before it is the next one's turn. */
const BATCH = 10;
/** Other work on the machine makes gaps too, so from here on an input is sent again (milliseconds). */
export const LONG_GAP_MS = 100;
/** How long memory and descriptors have to come back (milliseconds). */
const REST_MS = 30_000;
/** An input is not made smaller for longer than this (milliseconds). */
const interruptAfterTimeLimit = 60_000;
/** After these an account, or something that belongs to it, may be gone. */
const ENDING = /^DELETE |^(POST|PUT|PATCH) \/(users|logout|token\/refresh|password-reset)/;

const now = (): number => performance.timeOrigin + performance.now();

/** Drives every operation in turn until the orders are carried out. */
export async function fuzz(orders: Orders): Promise<Report> {
  const subject = await Subject.start();
  try {
    return await new Run(subject, orders).all();
  } finally {
    await subject.stop();
  }
}

class Run {
  readonly #began = now();
  readonly #tallies: Tally[];
  /** How the server ended, if it did. */
  #ended?: string;
  /** When each input of the batch was in work. */
  #spans: (Span & { input: Input })[] = [];

  constructor(
    private readonly subject: Subject,
    private readonly orders: Orders,
  ) {
    this.#tallies = [...OPERATIONS, ...DOCUMENTATION]
      .filter(({ id }) => orders.only === undefined || id === orders.only)
      .map(operation => ({
        operation,
        requests: 0,
        statuses: {},
        slowest: { ms: 0 },
        gap: { ms: 0, own: 0 },
        faults: new Map(),
      }));
  }

  async all(): Promise<Report> {
    const { subject, orders } = this;
    for (let round = 0; round === 0 || !this.#isOver(); round += 1) {
      for (const [index, tally] of this.#tallies.entries()) {
        await this.#batch(tally, orders.seed + 1_000 * round + index);
      }
    }
    const seconds = (now() - this.#began) / 1_000;
    const { before, highest } = subject;
    const held = { before, highest, after: await this.#rest() };
    return { tallies: this.#tallies, total: await subject.total(), held, seconds };
  }

  #isOver(): boolean {
    const { requests, seconds, path } = this.orders;
    const sent = this.#tallies.reduce((sum, tally) => sum + tally.requests, 0);
    return (
      sent >= requests ||
      now() > this.#began + seconds * 1_000 ||
      path !== undefined ||
      this.#ended !== undefined
    );
  }

  async #batch(tally: Tally, seed: number): Promise<void> {
    const { path } = this.orders;
    let run = -1;
    let isShrinking = false;
    this.#spans = [];
    const property = fc.asyncProperty(planOf(tally.operation), async plan => {
      run += isShrinking ? 0 : 1;
      // A server that has ended makes no input smaller.
      fc.pre(this.#ended === undefined);
      const faults = await this.#try(tally, { plan, seed, path: path ?? String(run) });
      const fault = faults.find(text => !tally.faults.has(text));
      if (fault !== undefined) {
        isShrinking = true;
        throw new Error(fault);
      }
    });
    const numRuns = path === undefined ? BATCH : 1;
    const result = await fc.check(property, { seed, path, numRuns, interruptAfterTimeLimit });
    if (result.counterexample !== null) {
      const input = { plan: result.counterexample[0], seed, path: result.counterexamplePath! };
      tally.faults.set((result.errorInstance as Error).message, { count: 1, input });
    }
    if (this.#ended === undefined) {
      await this.#blame(tally);
    }
  }

  /** Sends an input and counts what comes of it. Returns what is wrong. */
  async #try(tally: Tally, input: Input): Promise<string[]> {
    const { subject } = this;
    const { plan } = input;
    const isHead = plan.method === 'HEAD';
    const isEndless = plan.framing === 'endless';
    const manner = isHead ? 'whole' : isEndless ? 'half' : plan.manner;
    const [all, count] = bytesOf({ ...plan, count: isHead ? 1 : plan.count }, subject.fill);
    const isCut = manner === 'cut' || (manner === 'half' && !isEndless);
    const bytes = isCut ? all.subarray(0, Math.floor(all.length * plan.cut)) : all;
    const due = ['whole', 'pieces', 'pipelined'].includes(manner) ? count : 0;
    const from = now();
    const sending = { port: subject.port, from: plan.from, bytes, manner, due, isHead };
    const outcome = await exchange(sending);
    const ms = now() - from;
    if (due === 0 || outcome.missing !== undefined) {
      this.#ended = await subject.settle();
    }
    this.#spans.push({ from, to: now(), input });
    tally.requests += count;
    if (ms > tally.slowest.ms && due > 0) {
      tally.slowest = { ms, input };
    }
    const isDone = due === 0 || outcome.answers.some(({ status }) => status < 300);
    if (
      isDone &&
      this.#ended === undefined &&
      ENDING.test(`${tally.operation.method} ${tally.operation.path}`)
    ) {
      await subject.recast();
    }
    return this.#judge(tally, outcome, isHead);
  }

  #judge(tally: Tally, { answers, missing }: Outcome, isHead: boolean): string[] {
    for (const { status } of answers) {
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
    }
    if (this.#ended !== undefined) {
      return [this.#ended];
    }
    const faults = answers.map(answer => faultOf(answer, isHead)).filter(of => of !== undefined);
    faults.push(...(missing === undefined ? [] : [`no answer: ${missing}`]));
    for (const fault of faults) {
      const seen = tally.faults.get(fault);
      if (seen !== undefined) {
        seen.count += 1;
      }
    }
    return faults;
  }

  /** Finds the input during which the second client waited longest. */
  async #blame(tally: Tally): Promise<void> {
    let worst: Tally['gap'] = { ms: 0, own: 0 };
    const { gaps, ownIn } = await this.#takeGaps();
    for (const gap of gaps) {
      const shared = (of: Span): number => Math.min(gap.to, of.to) - Math.max(gap.from, of.from);
      const [span] = this.#spans.toSorted((a, b) => shared(b) - shared(a));
      if (gap.to - gap.from > worst.ms && shared(span) > 0) {
        worst = { ms: gap.to - gap.from, own: ownIn(gap), input: span.input };
      }
    }
    if (worst.ms > LONG_GAP_MS) {
      await this.#try(tally, worst.input!);
      const { gaps: again, ownIn: ownAgain } = await this.#takeGaps();
      worst.ms = Math.min(worst.ms, Math.max(0, ...again.map(({ from, to }) => to - from)));
      worst.own = Math.min(worst.own, Math.max(0, ...again.map(ownAgain)));
    }
    if (worst.ms > tally.gap.ms) {
      tally.gap = worst;
    }
  }

  async #takeGaps(): Promise<{ gaps: Span[]; ownIn: (gap: Span) => number }> {
    const gaps = await this.subject.takeGaps();
    const turns = this.subject.takeTurns();
    const ownIn = ({ from, to }: Span): number =>
      turns === undefined
        ? to - from
        : Math.max(0, ...turns.filter(turn => turn.to > from && turn.from < to).map(of => of.own));
    return { gaps, ownIn };
  }

  /** What the server holds 30 seconds later, or once the short run has the descriptors back. */
  async #rest(): Promise<Holding> {
    const { subject, orders } = this;
    const isBack = (): boolean =>
      subject.holding().descriptors.length <= subject.before.descriptors.length + HELD_BY_THREADS;
    for (const end = now() + REST_MS; now() < end && !(orders.isShort && isBack());) {
      await sleep(100);
    }
    return subject.holding();
  }
}

/** What is wrong with an answer, whatever the request. */
function faultOf({ status, headers, body }: Answer, isHead: boolean): string | undefined {
  const isTemporary = [503, 507].includes(status) && /^\d+$/.test(headers['retry-after']);
  if (status >= 500 && !isTemporary) {
    return `answers ${status}`;
  }
  const type = headers['content-type'];
  if (status >= 400 && type !== 'application/problem+json; charset=utf-8') {
    return `answers ${status} as ${type}`;
  }
  const isProblem = isHead || body.includes(`"status":${status},`);
  return status < 400 || isProblem ? undefined : `answers ${status} with a broken problem`;
}
