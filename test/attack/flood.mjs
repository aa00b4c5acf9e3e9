// A flood of wrong logins in a process of its own, so that whoever measures does not stand in its way. Takes its
// orders as JSON in the first argument, ends with SIGTERM, and prints what it was answered, by target and status.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { urls, targets, addresses, inFlight, perSecond } = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 1, timeout: 5_000 });
const counts = {};
let stopped = false;
let sent = 0;

process.on('SIGTERM', () => (stopped = true));
// Whoever began it has gone: nobody would end it.
process.on('disconnect', () => process.exit());

const pick = list => list[Math.floor(Math.random() * list.length)];

/** 1,000 addresses of 1,000 networks, say: 127.128.0.5, 127.128.1.5, … */
function address() {
  const n = Math.floor(Math.random() * addresses);
  return `127.${128 + (n >> 8)}.${n & 255}.5`;
}

function attempt() {
  const target = pick(targets);
  // No name stands for one that nobody has, and that nobody tries again.
  const name = target.name ?? `ghost-${process.pid}-${sent}`;
  sent += 1;
  const credentials = Buffer.from(`${name}:wrong password ${sent}`).toString('base64');
  return new Promise(resolve => {
    const request = http.request(
      `${pick(urls)}/login`,
      {
        method: 'POST',
        agent,
        localAddress: address(),
        headers: { authorization: `Basic ${credentials}`, 'content-length': 0 },
      },
      response => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      },
    );
    request.on('error', () => resolve('error'));
    request.end();
  }).then(status => {
    counts[target.label] ??= {};
    counts[target.label][status] = (counts[target.label][status] ?? 0) + 1;
  });
}

const began = performance.now();

async function guess() {
  while (!stopped) {
    // The machine that is attacked is the one that attacks, too: it must not be the flood that takes all its time.
    const due = began + (sent / perSecond) * 1_000;
    await sleep(Math.max(0, due - performance.now()));
    await attempt();
  }
}

process.send?.('ready');
await Promise.all(Array.from({ length: inFlight }, guess));
agent.destroy();
process.stdout.write(JSON.stringify(counts), () => process.exit());
