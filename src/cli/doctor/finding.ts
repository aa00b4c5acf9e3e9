/** What one check found, in words for the operator. */
export interface Finding {
  check: string;
  status: 'ok' | 'warning' | 'failed';
  detail: string;
  /** What to do. */
  advice?: string;
}

/** The findings of one check. */
export interface Check {
  ok(detail: string): Finding;
  warning(detail: string, advice: string): Finding;
  failed(detail: string, advice: string): Finding;
}

export function checkOf(check: string): Check {
  return {
    ok: detail => ({ check, status: 'ok', detail }),
    warning: (detail, advice) => ({ check, status: 'warning', detail, advice }),
    failed: (detail, advice) => ({ check, status: 'failed', detail, advice }),
  };
}

const DAY_MS = 86_400_000;

/** Whole days since a moment (epoch milliseconds). */
export function daysSince(at: number): number {
  return Math.floor((Date.now() - at) / DAY_MS);
}

export function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`;
}
