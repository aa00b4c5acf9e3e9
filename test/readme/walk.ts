/** A command that a document tells its reader to type, and what it then shows. */
export interface Step {
  command: string;
  /** The JSON that the document prints as the answer. */
  answer?: string;
}

const BLOCK = /^```(sh|json)\n(.*?)^```$/gms;

/** The blocks marked `sh`, in their order, each with the block marked `json` that follows before the next. */
export function stepsOf(document: string): Step[] {
  const steps: Step[] = [];
  for (const [, kind, text] of document.matchAll(BLOCK)) {
    if (kind === 'sh') {
      steps.push({ command: text.trim() });
    } else if (steps.length > 0) {
      steps.at(-1)!.answer ??= text.trim();
    }
  }
  return steps;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Members that differ from run to run, and the form that they always have. */
const VARYING: Record<string, RegExp> = {
  token: /^[\w-]+\.[\w-]+\.[\w-]+$/,
  refresh_token: /^lib_rt_[\w-]{22}\.\d+\.[\w-]{43}$/,
  session_id: /^[\w-]{22}$/,
  device_token: /^[\w-]{43}$/,
  request_id: /^[\w-]+$/,
  // The time between two readings of the clock is in it.
  refresh_expires_in: /^(2592000|2591999)$/,
};

/** An answer as a text in which everything that differs from run to run has given way to its kind. */
export function likeness(answer: string): string {
  const value: unknown = JSON.parse(answer, (name, member: unknown) => {
    const text = String(member);
    if (VARYING[name]?.test(text)) {
      return `a ${name}`;
    }
    if (typeof member === 'string') {
      return TIME.test(text) ? 'a time' : UUID.test(text) ? 'a uuid' : member;
    }
    return member;
  });
  return JSON.stringify(value, null, 2);
}
