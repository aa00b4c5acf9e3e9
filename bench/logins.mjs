// How much 8 clients that log in without pause slow down GET /authors: p99 compared with idle, in 20 s at most.
import autocannon from 'autocannon';
import { account, startProduct } from './servers.mjs';

const CLIENTS = 8;
const ROUNDS = 2;
const SECONDS = 4;

const { url, stop } = await startProduct();
try {
  const { token } = await account(url);
  // Each may log in 30 times: beyond that the answer costs no hash.
  const users = [];
  for (let i = 0; i < CLIENTS; i += 1) {
    users.push(await account(url, `client ${i}`));
  }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (let i = 0; i < 20; i += 1) {
    const body = JSON.stringify({ name: `Author ${i}`, book: 'Book', country: 'Ireland' });
    await fetch(`${url}/author`, { method: 'POST', headers, body });
  }
  await p99(1);
  let [idle, busy, logins, refused] = [0, 0, 0, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    idle += (await p99(SECONDS)) / ROUNDS;
    busy += (await whileLoggingIn(() => p99(SECONDS))) / ROUNDS;
  }
  console.log(
    `GET /authors p99: idle ${idle} ms, while ${CLIENTS} clients log in ${busy} ms, ` +
      `ratio ${(busy / idle).toFixed(2)} (${logins} logins, ${refused} refused)`,
  );

  async function p99(duration) {
    const result = await autocannon({ url: `${url}/authors`, headers, connections: 8, duration });
    if (result.non2xx > 0 || result.errors > 0) {
      throw new Error(`${result.non2xx} responses were not 2xx, ${result.errors} errors`);
    }
    return result.latency.p99;
  }

  async function whileLoggingIn(work) {
    let isGoing = true;
    const client = async ({ authorization, device_token: device }) => {
      while (isGoing) {
        const answer = await fetch(`${url}/login`, {
          method: 'POST',
          headers: { authorization, 'x-device-token': device },
        });
        await answer.arrayBuffer();
        if (answer.status === 200) {
          logins += 1;
        } else {
          refused += 1;
        }
      }
    };
    const clients = users.map(client);
    const result = await work();
    isGoing = false;
    await Promise.all(clients);
    return result;
  }
} finally {
  await stop();
}
