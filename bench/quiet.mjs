// A figure means something only if nothing else uses the machine.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const SAMPLE_MS = 3_000;
const BUSY = 0.08;

/** The share of all cores that is in use or stolen by other virtual machines, over three seconds. */
export async function busyShare() {
  const before = times();
  await sleep(SAMPLE_MS);
  const after = times();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/** Throws when other programs use the machine. */
export async function expectQuiet() {
  const share = await busyShare();
  if (share > BUSY) {
    const percent = Math.round(share * 100);
    throw new Error(
      `other programs use ${percent} % of this machine: try again, or measure with --noisy`,
    );
  }
}

function times() {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/\s+/).slice(1, 9);
    const [user, nice, system, idle, wait, ...others] = fields.map(Number);
    const all = [user, nice, system, idle, wait, ...others].reduce((sum, each) => sum + each, 0);
    return { idle: idle + wait, all };
  } catch {
    const all = cpus().map(cpu => cpu.times);
    const sum = names => all.reduce((n, cpu) => n + names.reduce((m, name) => m + cpu[name], 0), 0);
    return { idle: sum(['idle']), all: sum(['user', 'nice', 'sys', 'idle', 'irq']) };
  }
}
