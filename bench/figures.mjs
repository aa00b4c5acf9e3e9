import { readFileSync } from 'node:fs';

export const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Resident memory of a process in MiB, read from the system. */
export const rss = pid =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

let made = 0;

/** The body of an author that is not there yet. */
export function newAuthor() {
  made += 1;
  return JSON.stringify({
    name: `Author ${made}`,
    book: `Book ${made}`,
    country: 'Ireland',
    booker_prize: true,
  });
}

/** For autocannon: each request adds an author. */
export const creating = {
  requests: [
    {
      method: 'POST',
      setupRequest: request => ({
        ...request,
        body: newAuthor(),
        headers: { ...request.headers, 'content-type': 'application/json' },
      }),
    },
  ],
};
