// Loaded into the server by NODE_OPTIONS. Appends a line to the file LOOP_PROBE for each turn of the event loop that
// took more than 5 ms: its start and end, its length without the time in which other threads had the CPU,
// and its CPU time.
import { appendFileSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds. */
const [EVERY, LONG] = [2, 5];

/** How long the thread had a CPU, and how long it was ready to run without one, in milliseconds (Linux). */
const times = () =>
  readFileSync('/proc/thread-self/schedstat', 'latin1')
    .split(' ')
    .map(nanoseconds => Number(nanoseconds) / 1e6);

const look = () => {
  const [cpu, waited] = times();
  return { at: performance.now(), cpu, waited };
};

if (isMainThread && process.env.LOOP_PROBE !== undefined) {
  let before = look();
  setInterval(() => {
    const now = look();
    const own = now.at - before.at - (now.waited - before.waited);
    if (own > LONG) {
      const [from, to] = [before.at, now.at].map(at => performance.timeOrigin + at);
      appendFileSync(process.env.LOOP_PROBE, `${from} ${to} ${own} ${now.cpu - before.cpu}\n`);
    }
    before = now;
  }, EVERY).unref();
}
