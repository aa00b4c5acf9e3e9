// Loaded into the server by NODE_OPTIONS, in every thread: its clock says what the file CHAOS_CLOCK says, and SIGUSR2
// ends its threads.
import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const real = Date;

/** The file has an offset in milliseconds such as `+86400000`, or the time at which the clock stands. */
function now() {
  const text = readFileSync(process.env.CHAOS_CLOCK, 'latin1');
  return /^[+-]/.test(text) ? real.now() + Number(text) : Number(text);
}

if (process.env.CHAOS_CLOCK !== undefined) {
  globalThis.Date = class Date extends real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }

    static now() {
      return now();
    }
  };
}

if (isMainThread) {
  const threads = createRequire(import.meta.url)('node:worker_threads');
  const running = new Set();
  threads.Worker = class Worker extends threads.Worker {
    constructor(...given) {
      super(...given);
      running.add(this);
      this.once('exit', () => running.delete(this));
    }
  };
  syncBuiltinESMExports();
  process.on('SIGUSR2', () => running.forEach(thread => thread.terminate()));
}
