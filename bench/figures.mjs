import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc, on every Linux that Node runs on. */
const TICK_MS = 10;

export const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Resident memory of a process in MiB. */
export const rss = pid =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** CPU time that a process has used in all its threads, in milliseconds; without /proc not a number. */
export const cpuMs = pid => ticks(pid, 11);

/** CPU time of the children that a process has waited for, in milliseconds. */
export const childrenCpuMs = pid => ticks(pid, 13);

function ticks(pid, field) {
  try {
    // The name of the program, in brackets, may have spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return (Number(fields[field]) + Number(fields[field + 1])) * TICK_MS;
  } catch {
    return NaN;
  }
}
