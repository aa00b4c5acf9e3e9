// Loaded into the server by NODE_OPTIONS. Appends a line to the file LOOP_PROBE for each turn of the event loop that
// took more than 5 ms: its start and end, and its length without the time in which other threads had the CPU.
import { appendFileSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds. */
const [EVERY, LONG] = [2, 5];

/** How long the thread was ready to run without a CPU, in milliseconds (Linux). */
const waitedForCpu = () =>
  Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6;

if (isMainThread && process.env.LOOP_PROBE !== undefined) {
  let before = { at: performance.now(), waited: waitedForCpu() };
  setInterval(() => {
    const now = { at: performance.now(), waited: waitedForCpu() };
    const own = now.at - before.at - (now.waited - before.waited);
    if (own > LONG) {
      const to = performance.timeOrigin + now.at;
      appendFileSync(process.env.LOOP_PROBE, `${to - now.at + before.at} ${to} ${own}\n`);
    }
    before = now;
  }, EVERY).unref();
}
