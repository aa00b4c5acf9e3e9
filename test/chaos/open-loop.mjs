// Sends GET requests at a rate, whether or not the earlier ones were answered, and prints what came, as JSON. What finds
// every connection busy is not sent. Without a rate each connection sends its next request after its answer.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { port, path, token, connections, perSecond, seconds } = JSON.parse(process.argv[2]);
const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;

/** Latencies of what was served (milliseconds), and how many were refused or failed. */
const seen = { served: [], refused: 0, failed: 0, unsent: 0, lastRefusal: 0 };
const free = [];
const began = performance.now();

function open() {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  let since = 0;
  let text = '';
  const send = at => {
    since = at;
    socket.write(head);
  };
  const next = () => (perSecond === undefined ? send(performance.now()) : free.push(send));
  socket.once('connect', next);
  socket.on('error', () => undefined);
  socket.once('close', () => {
    seen.failed += Number(since > 0);
    open();
  });
  socket.setEncoding('latin1').on('data', piece => {
    text += piece;
    const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
    const end = text.indexOf('\r\n\r\n');
    if (end < 0 || text.length < end + 4 + Number(length)) {
      return;
    }
    const now = performance.now();
    if (text.startsWith('HTTP/1.1 200')) {
      seen.served.push(now - since);
    } else {
      seen.refused += 1;
      seen.lastRefusal = now - began;
    }
    text = '';
    since = 0;
    next();
  });
}

for (let count = 0; count < connections; count += 1) {
  open();
}
let sent = 0;
while (performance.now() - began < seconds * 1_000) {
  await sleep(1);
  const now = performance.now();
  for (const all = ((now - began) / 1_000) * (perSecond ?? 0); sent < all; sent += 1) {
    const send = free.pop();
    if (send === undefined) {
      seen.unsent += 1;
    } else {
      send(now);
    }
  }
}
process.stdout.write(JSON.stringify(seen), () => process.exit());
