import { readFileSync } from 'node:fs';

export const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Resident memory of a process in MiB. */
export const rss = pid =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

let made = 0;

/** A JSON body for a new author. */
export function newAuthor() {
  made += 1;
  return JSON.stringify({
    name: `Author ${made}`,
    book: `Book ${made}`,
    country: 'Ireland',
    booker_prize: true,
  });
}

/** autocannon options: each request creates an author. */
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
