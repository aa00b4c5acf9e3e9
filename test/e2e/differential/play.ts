/** A request, with `{{name}}` where a value of an earlier answer goes. */
export interface Step {
  method: string;
  path: string;
  /** The value whose token goes along; absent: none. */
  as?: string;
  headers?: Record<string, string>;
  json?: unknown;
  /** Sent as it is. */
  body?: string | Uint8Array;
  /** Names members of the answer's JSON body for later requests. */
  keep?: Record<string, string>;
}

/** An answer without what differs from server to server for no fault. */
export interface Played {
  request: string;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Of the connection, of the moment, or of the machine. */
const OWN_HEADERS = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);
/** As long as the body is, whose ids have their own number of digits. */
const COUNTED_HEADERS = new Set(['content-length']);

/** Members that tell of the moment alone. */
const OF_THE_MOMENT = new Set(['request_id', 'last_used_at', 'refresh_expires_in']);
/** Members whose value each server makes up. */
const MADE_UP = new Set([
  'id',
  'public_id',
  'token',
  'refresh_token',
  'device_token',
  'session_id',
  'code',
  'next_cursor',
  'actor',
  'subject',
]);
const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** Sends the requests one after the other. */
export async function play(base: string, steps: readonly Step[]): Promise<Played[]> {
  const player = new Player(base);
  const played: Played[] = [];
  for (const step of steps) {
    played.push(await player.play(step));
  }
  return played;
}

class Player {
  readonly #kept = new Map<string, string>();
  readonly #masks = new Map<string, string>();

  constructor(private readonly base: string) {}

  async play(step: Step): Promise<Played> {
    const headers = new Headers(step.headers && this.#fill(step.headers));
    const json = step.json === undefined ? undefined : JSON.stringify(this.#fill(step.json));
    if (json !== undefined && !headers.has('content-type')) {
      headers.set('content-type', 'application/json');
    }
    if (step.as !== undefined) {
      headers.set('authorization', `Bearer ${this.#kept.get(step.as)}`);
    }
    const response = await fetch(this.base + this.#fill(step.path), {
      method: step.method,
      headers,
      body: json ?? step.body,
      redirect: 'manual',
    });
    const text = await response.text();
    return this.#record(step, response, text.replaceAll(this.base, 'http://localhost'));
  }

  #record(step: Step, response: Response, text: string): Played {
    const body = parsed(text);
    for (const [name, member] of Object.entries(step.keep ?? {})) {
      this.#kept.set(name, String((body as Record<string, unknown> | undefined)?.[member]));
    }
    // The body first: it names the ids that header fields repeat.
    const masked = this.#mask(body);
    const headers = [...response.headers].filter(([name]) => !OWN_HEADERS.has(name));
    return {
      request: `${step.method} ${step.path} ${JSON.stringify(step.json ?? step.headers ?? '')}`,
      status: response.status,
      body: masked,
      headers: Object.fromEntries(
        headers.map(([name, value]) => [
          name,
          COUNTED_HEADERS.has(name) ? String(value !== '0') : this.#maskHeader(name, value),
        ]),
      ),
    };
  }

  #fill<T>(value: T): T {
    if (typeof value === 'string') {
      return value.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
        const kept = this.#kept.get(name);
        if (kept === undefined) {
          throw new Error(`nothing kept as ${name}`);
        }
        return kept;
      }) as T;
    }
    if (Array.isArray(value)) {
      return value.map(item => this.#fill<unknown>(item)) as T;
    }
    return value !== null && typeof value === 'object'
      ? (Object.fromEntries(
          Object.entries(value).map(([k, v]) => [k, this.#fill<unknown>(v)]),
        ) as T)
      : value;
  }

  /** The same value has the same mask wherever it comes back. */
  #name(kind: string, value: unknown): string {
    const key = `${kind} ${String(value)}`;
    const mask = this.#masks.get(key) ?? `<${kind} ${this.#masks.size}>`;
    this.#masks.set(key, mask);
    return mask;
  }

  #mask(value: unknown, member = '', kind = 'id'): unknown {
    if (OF_THE_MOMENT.has(member)) {
      return `<${member}>`;
    }
    if (value === null || value === undefined || typeof value === 'boolean') {
      return value;
    }
    if (MADE_UP.has(member) && typeof value !== 'object') {
      return /^(cli|system)$/.test(String(value)) ? value : this.#name(kind, value);
    }
    if (typeof value === 'string') {
      return this.#maskText(member === 'instance' ? this.#maskPath(value) : value);
    }
    if (Array.isArray(value)) {
      return value.map(item => this.#mask(item));
    }
    return typeof value === 'object' ? this.#maskMembers(value) : value;
  }

  /** Events are counted on their own. */
  #maskMembers(value: object): object {
    const kind = (member: string): string =>
      member === 'id' && 'action' in value ? 'event' : 'id';
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => [
        member,
        this.#mask(inner, member, kind(member)),
      ]),
    );
  }

  /** Times, UUIDs, the ids of records in exported files, and the values of metrics. */
  #maskText(text: string): string {
    return text
      .replace(TIMES, '<time>')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, uuid => this.#name('id', uuid))
      .replace(/^(\d+)(?=,[^\n]*<time>)/gm, id => this.#name('id', id))
      .replace(/^([a-z_]+(?:\{.*\})?) [\d.e+-]+$/gm, '$1 <value>');
  }

  #maskPath(path: string): string {
    return path.replace(/(?<=^\/(?:authors|sessions|tokens)\/)[\w-]+$/, id =>
      this.#masks.has(`id ${id}`) ? this.#name('id', id) : id,
    );
  }

  #maskHeader(name: string, value: string): string {
    if (name === 'x-request-id') {
      return `<${name}>`;
    }
    if (name === 'etag') {
      return value.replace(/^"(\d+)-/, (_, id: string) => `"${this.#name('id', id)}-`);
    }
    if (name === 'link') {
      return value.replace(/(?<=cursor=)[\w-]+/g, cursor => this.#name('id', cursor));
    }
    return this.#maskText(name === 'location' ? this.#maskPath(value) : value);
  }
}

/** JSON and lines of JSON as values, anything else as its text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    try {
      return text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as unknown);
    } catch {
      return text;
    }
  }
}
