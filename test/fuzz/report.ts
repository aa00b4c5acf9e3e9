import { LONG_GAP_MS } from './run.js';
import type { Input, Report, Tally } from './run.js';

/** A report for people: each operation with its worst input, the faults, and the totals. */
export function textOf({ tallies, total, held, seconds }: Report): string {
  const requests = tallies.reduce((sum, tally) => sum + tally.requests, 0);
  const faults = tallies.flatMap(({ faults: of }) => [...of]);
  const count = (kind: string): number =>
    faults.filter(([name]) => name.startsWith(kind)).reduce((sum, [, of]) => sum + of.count, 0);
  const long = tallies.filter(({ gap }) => gap.ms > LONG_GAP_MS);
  const own = long.filter(({ gap }) => gap.own > LONG_GAP_MS);
  const { before, after } = held;
  const numbers = [before, held.highest, after];
  return [
    ...tallies.flatMap(linesOf),
    '',
    `${requests} requests in ${seconds.toFixed()} s, seed and path in brackets`,
    `${count('answers 5')} × 5xx, ${count('no answer')} × no answer, ${count('')} faults in all`,
    `gaps above ${LONG_GAP_MS} ms, seen twice: ${long.length} operations; of the server alone: ${own.length}`,
    `second client: ${total.answered} of ${total.asked} answered, longest wait ${total.longest.toFixed()} ms`,
    `memory before, highest, after: ${numbers.map(of => of.megabytes).join(', ')} MB`,
    `descriptors before, highest, after: ${numbers.map(of => of.descriptors.length).join(', ')}`,
    ...Object.entries(added(before.descriptors, after.descriptors)).map(
      ([kind, more]) => `    ${more} × ${kind} stay open`,
    ),
  ].join('\n');
}

/** How many more there are of each kind. */
function added(before: string[], after: string[]): Record<string, number> {
  const kinds = [...new Set(after)].map((kind): [string, number] => {
    const count = (all: string[]): number => all.filter(of => of === kind).length;
    return [kind, count(after) - count(before)];
  });
  return Object.fromEntries(kinds.filter(([, more]) => more > 0));
}

function linesOf({ operation, requests, statuses, slowest, gap, faults }: Tally): string[] {
  const seen = Object.entries(statuses).map(
    ([status, count]) => `${status}${operation.statuses.includes(status) ? '' : '*'}:${count}`,
  );
  const times = `slowest ${slowest.ms.toFixed()} ms, gap ${gap.ms.toFixed()} ms (own ${gap.own.toFixed()})`;
  const worst = gap.input ?? slowest.input;
  return [
    `${operation.id.padEnd(20)} ${String(requests).padStart(6)}  ${times}  ${seen.join(' ')}`,
    ...(worst === undefined ? [] : [`    worst ${shortened(worst)}`]),
    ...[...faults].map(([name, of]) => `    FAULT ${of.count} × ${name} ${shortened(of.input)}`),
  ];
}

/** An input on one line: long runs are counted, the rest is cut. */
function shortened({ plan, seed, path }: Input): string {
  const { method, target, version, headers, body, framing, manner, count, cut, encoding } = plan;
  return [
    `(${seed}/${path})`,
    `${method} ${visible(target, 120)} ${version}`,
    ...headers.map(field => `[${visible(field, 60)}]`),
    visible(body, 200),
    `${framing} ${manner} ×${count}`,
    /cut|half/.test(manner) ? `at ${Math.round(cut * 100)} %` : '',
    encoding === 'utf8' ? '' : encoding,
  ]
    .filter(part => part !== '')
    .join(' ');
}

function visible(text: string, length: number): string {
  const counted = text.replace(
    /([\s\S]{1,3}?)\1{9,}/gu,
    (run, unit: string) => `(${unit})×${run.length / unit.length}`,
  );
  const plain = counted.replace(
    /[^\x20-\x7e×]/gu,
    char => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return plain.length > length ? `${plain.slice(0, length)}… of ${text.length}` : plain;
}
