import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Plan } from './requests.js';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Its bytes, as latin1. */
  body: string;
}

export interface Outcome {
  answers: Answer[];
  /** Why an answer that was due did not come. */
  missing?: 'closed' | 'silent' | 'not HTTP';
}

export interface Sending {
  port: number;
  from: string;
  bytes: Buffer;
  manner: Plan['manner'];
  /** How many answers must come; none where the client leaves before. */
  due: number;
  /** Answers to HEAD have no body. */
  isHead: boolean;
}

/** Without an answer for this long there is none, on the slowest machine (milliseconds). */
const PATIENCE_MS = 60_000;
/** How long a client stays that has sent half a request, or reads no answer (milliseconds). */
const LOITER_MS = 25;

/** Sends bytes that no HTTP client would send, and reads the answers that are due. */
export async function exchange(sending: Sending): Promise<Outcome> {
  const { port, from, bytes, manner, due, isHead } = sending;
  const answers: Answer[] = [];
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
  socket.setNoDelay(true).on('error', () => {});
  const sent = send(socket, bytes, manner);
  const missing = await new Promise<Outcome['missing']>(resolve => {
    const timer = setTimeout(resolve, PATIENCE_MS, due > 0 ? 'silent' : undefined);
    let text = '';
    const take = (more: string, isClosed: boolean): void => {
      try {
        text = takeAnswers(text + more, { isHead, isClosed }, answers);
      } catch {
        resolve('not HTTP');
      }
      const isOver = answers.length >= due || answers.at(-1)?.headers.connection === 'close';
      if ((due > 0 && isOver) || isClosed) {
        resolve(isOver ? undefined : 'closed');
      }
    };
    socket.on('data', (chunk: Buffer) => take(chunk.toString('latin1'), false));
    socket.on('end', () => take('', true)).on('close', () => take('', true));
    socket.on('close', () => clearTimeout(timer));
    if (due === 0) {
      void sent.then(() => resolve(undefined));
    }
  });
  socket.destroy();
  return { answers, missing: due === 0 ? undefined : missing };
}

async function send(socket: Socket, bytes: Buffer, manner: Plan['manner']): Promise<void> {
  const size = manner === 'pieces' ? Math.ceil(bytes.length / 7) : bytes.length + 1;
  if (manner === 'unread') {
    socket.pause();
  }
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    await new Promise<void>(resolve => {
      socket.once('close', resolve).write(piece, () => resolve());
    });
    await nextTurn();
  }
  if (manner === 'half') {
    await sleep(LOITER_MS);
    socket.end();
  }
  if (manner === 'half' || manner === 'unread') {
    await sleep(LOITER_MS);
  }
}

interface Taking {
  isHead: boolean;
  /** Whether nothing more comes: an answer to HTTP/1.0 may have no other end. */
  isClosed: boolean;
}

/** Moves the answers that are all there out of a text, and returns the rest. Throws where it is not HTTP. */
function takeAnswers(received: string, { isHead, isClosed }: Taking, answers: Answer[]): string {
  let rest = received;
  for (;;) {
    const start = rest.indexOf('\r\n\r\n') + 4;
    if (start < 4) {
      return rest;
    }
    const [first, ...lines] = rest.slice(0, start - 4).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const headers = Object.fromEntries(lines.map(fieldOf));
    const hasBody = status >= 200 && status !== 204 && status !== 304 && !isHead;
    const body = hasBody ? bodyOf(rest.slice(start), headers, isClosed) : { text: '', length: 0 };
    if (Number.isNaN(status + (body?.length ?? 0))) {
      throw new Error('not HTTP');
    }
    if (body === undefined) {
      return rest;
    }
    rest = rest.slice(start + body.length);
    if (status >= 200) {
      answers.push({ status, headers, body: body.text });
    }
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** A body and how much of the text it took; undefined where it is not all there. */
function bodyOf(
  rest: string,
  headers: Record<string, string>,
  isClosed: boolean,
): { text: string; length: number } | undefined {
  if (
    !('content-length' in headers) &&
    headers.connection === 'close' &&
    !('transfer-encoding' in headers)
  ) {
    return isClosed ? { text: rest, length: rest.length } : undefined;
  }
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = Number(headers['content-length']);
    return rest.length < length ? undefined : { text: rest.slice(0, length), length };
  }
  let text = '';
  for (let at = 0; ;) {
    const line = rest.indexOf('\r\n', at);
    const size = parseInt(rest.slice(at, line), 16);
    const end = line + size + 4;
    if (line < 0 || rest.length < end) {
      return undefined;
    }
    text += rest.slice(line + 2, end - 2);
    at = end;
    if (!(size > 0)) {
      return { text, length: at };
    }
  }
}
