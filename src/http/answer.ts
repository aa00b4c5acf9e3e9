import type { FastifyReply } from 'fastify';

/** An answer in the bytes in which it goes out, and can go out again. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export function jsonAnswer(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

/** Gives the reply its status and fields; returns the body, which the handler returns in turn. */
export function present(reply: FastifyReply, { status, headers, body }: Answer): string {
  reply.status(status).headers(headers);
  return body;
}
