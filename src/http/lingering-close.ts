import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { announcesBody } from './media-types.js';

/** How long a connection stays half open after its last answer (milliseconds), … */
const LINGER_MS = 10_000;
/** … and how many bytes of it are read and discarded meanwhile. */
const LINGER_BYTES = 64 * 1024 * 1024;

/**
 * Closes a connection after its last answer (RFC 9112, 9.6): sends what is left, then discards what the client still
 * sends. A close with unread bytes would reset the connection, and the client would lose the answer.
 */
export function closeLingering(socket: Socket): void {
  let left = LINGER_BYTES;
  // No byte may reach the HTTP parser now: it could find another request.
  socket.removeAllListeners('data').on('data', ({ length }) => {
    left -= length;
    if (left < 0) {
      socket.destroy();
    }
  });
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(timer));
  // The socket waits for the parser, which may have stopped reading: an empty chunk makes it read again.
  socket.push('');
  socket.resume();
  socket.end();
}

/** Makes an answer the last of its connection if the body has not arrived, so that the client stops sending. */
export function lingerIfUnread(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  if (announcesBody(request) && !raw.complete) {
    reply.header('connection', 'close');
    raw.socket.destroySoon = () => closeLingering(raw.socket);
  }
}

/** The hook `onSend` that does so. */
export function lingerOnSend(
  request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
): void {
  if (request.raw.complete || !announcesBody(request)) {
    done();
    return;
  }
  // The rest of a short body is in the packet that Node is parsing now.
  setImmediate(() => {
    lingerIfUnread(request, reply);
    done();
  });
}
