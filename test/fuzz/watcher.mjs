// A second client in its own process: asks /health/live without pause, and reports each answer that was slow to come.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest pause between two requests, and the least gap that is worth a report (milliseconds). */
const [PAUSE_MS, REPORT_MS] = [3, 20];

const url = `${process.argv[2]}/health/live`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const now = () => performance.timeOrigin + performance.now();
const total = { asked: 0, answered: 0, longest: 0 };

// The parent may have been killed.
process.on('disconnect', () => process.exit());
process.on('message', () => process.send({ total }));

function ask() {
  return new Promise(resolve => {
    http
      .get(url, { agent }, response => {
        response.resume().on('end', () => resolve(response.statusCode === 200));
      })
      .on('error', () => resolve(false));
  });
}

for (;;) {
  const from = now();
  const isAnswered = await ask();
  const to = now();
  total.asked += 1;
  total.answered += isAnswered ? 1 : 0;
  total.longest = Math.max(total.longest, to - from);
  if (to - from > REPORT_MS) {
    process.send({ gap: { from, to } });
  }
  await sleep(PAUSE_MS);
}
