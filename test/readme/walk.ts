/** A command in a document, and the response that the document shows. */
export interface Step {
  command: string;
  /** The JSON that the document shows. */
  answer?: string;
}

const BLOCK = /^```(sh|json)\n(.*?)^```$/gms;

/** The `sh` blocks in order, each with the `json` block after it, if there is one. */
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

/** Fields that differ from run to run, and their format. */
const VARYING: Record<string, RegExp> = {
  token: /^[\w-]+\.[\w-]+\.[\w-]+$/,
  refresh_token: /^lib_rt_[\w-]{22}\.\d+\.[\w-]{43}$/,
  session_id: /^[\w-]{22}$/,
  device_token: /^[\w-]{43}$/,
  request_id: /^[\w-]+$/,
  // The server reads the clock twice, so a second may pass.
  refresh_expires_in: /^(2592000|2591999)$/,
};

/** A response as text, with a placeholder for each value that differs from run to run. */
export function likeness(answer: string): string {
  const stable: unknown = JSON.parse(answer, (name, value: unknown) => {
    const text = String(value);
    if (VARYING[name]?.test(text)) {
      return `a ${name}`;
    }
    if (typeof value === 'string') {
      return TIME.test(text) ? 'a time' : UUID.test(text) ? 'a uuid' : value;
    }
    return value;
  });
  return JSON.stringify(stable, null, 2);
}
