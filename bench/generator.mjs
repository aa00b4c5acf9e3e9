// A load generator for machines without wrk: sockets that repeat prepared requests.
// Usage: node bench/generator.mjs SPEC.json. Prints what wrk's script prints.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { url, method, path, body, headers, from, connections, seconds } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const { hostname, port, host } = new URL(url);
const latencies = [];
let failed = 0;
let n = from;
let isGoing = true;

const fixed = headers.length === 1 && !body.includes('{n}') ? format() : undefined;

function format() {
  n += 1;
  const text = body.replace('{n}', n);
  const fields = { host, ...headers[n % headers.length] };
  const length = text === '' ? '' : `content-length: ${Buffer.byteLength(text)}\r\n`;
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}${length}\r\n${text}`;
}

function client() {
  const socket = connect(Number(port), hostname);
  let begun = 0;
  let received = '';
  const send = () => {
    begun = performance.now();
    socket.write(fixed ?? format());
  };
  socket.setNoDelay().setEncoding('latin1');
  socket.on('connect', send);
  socket.on('error', () => (failed += 1));
  socket.on('data', text => {
    received += text;
    const head = received.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
    if (head < 0 || received.length < head + 4 + length) {
      return;
    }
    latencies.push(performance.now() - begun);
    failed += Number(received[9] !== '2');
    received = '';
    if (isGoing) {
      send();
    }
  });
  return socket;
}

const began = performance.now();
const sockets = Array.from({ length: connections }, client);
await sleep(seconds * 1_000);
isGoing = false;
const taken = (performance.now() - began) / 1_000;
sockets.forEach(socket => socket.destroy());
latencies.sort((a, b) => a - b);
const at = share => latencies[Math.floor(latencies.length * share)];
const latency = { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
console.log(JSON.stringify({ requests: latencies.length, seconds: taken, failed, latency }));
