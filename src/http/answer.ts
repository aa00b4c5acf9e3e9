import type { FastifyReply } from 'fastify';

/** An answer as it is sent, so that it can be stored and sent again. */
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

/** Sets status and header of the reply; returns the body for the handler to return. */
export function present(reply: FastifyReply, { status, headers, body }: Answer): string {
  reply.status(status).headers(headers);
  return body;
}
