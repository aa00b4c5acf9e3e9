let last = { ms: 0, text: '1970-01-01T00:00:00.000Z' };

/** Epoch milliseconds as RFC 3339 in UTC with milliseconds. A record that never changed has the same time twice. */
export function rfc3339(ms: number): string {
  if (ms !== last.ms) {
    last = { ms, text: new Date(ms).toISOString() };
  }
  return last.text;
}
