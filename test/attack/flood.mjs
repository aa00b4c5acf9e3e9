// A flood of logins in another process, so that it does not slow the measurement. Takes its orders as JSON in the
// first argument, ends with SIGTERM, and prints the number of answers by target and status.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** `perSecond: null` is as fast as they are answered; `addresses: 0` is the usual address. */
const { urls, targets, addresses, inFlight, perSecond } = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 1, timeout: 5_000 });
const counts = {};
let stopped = false;
let sent = 0;

process.on('SIGTERM', () => (stopped = true));
// The parent may have been killed.
process.on('disconnect', () => process.exit());

const pick = list => list[Math.floor(Math.random() * list.length)];

/** 1,000 addresses of 1,000 networks, say: 127.128.0.5, 127.128.1.5, … */
function address() {
  const n = Math.floor(Math.random() * addresses);
  return `127.${128 + (n >> 8)}.${n & 255}.5`;
}

function attempt() {
  const target = pick(targets);
  // A target without a name means an unknown name, each time another.
  const name = target.name ?? `ghost-${process.pid}-${sent}`;
  sent += 1;
  const password = target.password ?? `wrong password ${sent}`;
  const credentials = Buffer.from(`${name}:${password}`).toString('base64');
  return new Promise(resolve => {
    const request = http.request(
      `${pick(urls)}/login`,
      {
        method: 'POST',
        agent,
        localAddress: addresses === 0 ? undefined : address(),
        headers: {
          authorization: `Basic ${credentials}`,
          'content-length': 0,
          ...(target.device && { 'x-device-token': target.device }),
        },
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
    // The flood shares the machine with the server, so it has a rate.
    const due = began + (perSecond === null ? 0 : (sent / perSecond) * 1_000);
    await sleep(Math.max(0, due - performance.now()));
    await attempt();
  }
}

process.send?.('ready');
await Promise.all(Array.from({ length: inFlight }, guess));
agent.destroy();
process.stdout.write(JSON.stringify(counts), () => process.exit());
