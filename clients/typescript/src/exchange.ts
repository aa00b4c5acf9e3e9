import { OPERATIONS } from './document/operations.js';
import { AnswerError, ProblemError } from './errors.js';
import type { OperationId, Problem, Upload } from './types.js';
import { sendingOf } from './upload.js';
import type { Sending } from './upload.js';

/** One request, which may be sent several times. */
export interface Exchange {
  operation: OperationId;
  url: string;
  headers: Record<string, string>;
  body?: Upload | (() => Upload);
  signal?: AbortSignal;
}

export interface Received {
  status: number;
  data: unknown;
  response: Response;
}

const SECRET_MIN = 8;
const HEADER_VALUE = /^[\x20-\x7e]*$/;
const PROBLEM_TYPE = /\/problems\/\w+$/;

/** Sends a request once. Throws ProblemError, AnswerError, or the reason of its signal. */
export async function exchange(request: Exchange, fetcher: typeof fetch): Promise<Received> {
  const { operation, body, signal } = request;
  const sending = sendingOf(typeof body === 'function' ? body() : body);
  try {
    const response = await send(request, sending, fetcher);
    const isSuccess = response.ok || response.status === 304;
    const data = isSuccess ? await dataOf(operation, response) : undefined;
    if (!isSuccess) {
      throw await refusalOf(request, response);
    }
    return { status: response.status, data, response };
  } catch (error) {
    sending.stop();
    signal?.throwIfAborted();
    throw error;
  }
}

async function send(
  { operation, url, headers, signal }: Exchange,
  { body }: Sending,
  fetcher: typeof fetch,
): Promise<Response> {
  for (const [name, value] of Object.entries(headers)) {
    // fetch would show the value in its error.
    if (!HEADER_VALUE.test(value)) {
      throw new TypeError(`${name} has characters that a header field cannot have`);
    }
  }
  const init: RequestInit & { duplex: 'half' } = {
    method: OPERATIONS[operation].method,
    headers,
    body: body as BodyInit | undefined,
    // Streams need it.
    duplex: 'half',
    // Another host would get the token.
    redirect: 'error',
    credentials: 'omit',
    signal,
  };
  try {
    return await fetcher(url, init);
  } catch (cause) {
    throw new AnswerError(operation, 'no answer', undefined, { cause });
  }
}

async function dataOf(operation: OperationId, response: Response): Promise<unknown> {
  const answers: readonly string[] = OPERATIONS[operation].answers;
  if (response.status === 204 || response.status === 304 || answers.length === 0) {
    await response.body?.cancel();
    return undefined;
  }
  const type = mediaType(response);
  if (!answers.includes(type)) {
    await response.body?.cancel();
    throw new AnswerError(operation, 'the answer has another media type', response);
  }
  if (answers.includes('application/x-ndjson')) {
    return response.body;
  }
  const text = await textOf(operation, response);
  return type === 'application/json' ? parsed(operation, text, response) : text;
}

async function refusalOf(request: Exchange, response: Response): Promise<Error> {
  const { operation, headers } = request;
  const text = await textOf(operation, response);
  if (mediaType(response) !== 'application/problem+json') {
    return new AnswerError(operation, `the answer is ${response.status}`, response);
  }
  const problem = parsed(operation, withoutSecrets(text, headers), response) as Problem;
  // Behind a PUBLIC_URL the address of the page is whole.
  const type = PROBLEM_TYPE.exec(problem.type)?.[0];
  return type === undefined || typeof problem.detail !== 'string'
    ? new AnswerError(operation, `the answer is ${response.status}`, response)
    : new ProblemError(operation, { ...problem, type } as Problem, response);
}

/** An answer as it may be logged: some proxies show the request. */
function withoutSecrets(text: string, headers: Record<string, string>): string {
  const { authorization = '', 'x-device-token': device, 'x-login-ticket': ticket } = headers;
  return [authorization.slice(authorization.indexOf(' ') + 1), device, ticket]
    .filter(secret => secret !== undefined && secret.length >= SECRET_MIN)
    .reduce<string>((all, secret) => all.replaceAll(secret!, '…'), text);
}

const mediaType = ({ headers }: Response): string =>
  (headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();

async function textOf(operation: OperationId, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new AnswerError(operation, 'the answer was cut off', undefined, { cause });
  }
}

/** The message of JSON.parse would show the text, which may have a token. */
function parsed(operation: OperationId, text: string, response: Response): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    throw new AnswerError(operation, 'the answer is not JSON', response);
  }
}
