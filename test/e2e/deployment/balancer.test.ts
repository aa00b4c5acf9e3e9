import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, startBalancer } from '../../support/balancer.js';
import type { Balancer } from '../../support/balancer.js';
import { call } from '../../support/client.js';

const careless = createServer((request, response) =>
  request.url === '/health/ready' ? response.end() : request.socket.destroy(),
);
const balancers: Balancer[] = [];

beforeAll(async () => {
  careless.listen(0, '127.0.0.1');
  await once(careless, 'listening');
});
afterAll(async () => {
  await Promise.all(balancers.map(balancer => balancer.close()));
  careless.close();
});

async function balance(port: number): Promise<Balancer> {
  const balancer = await startBalancer([`http://127.0.0.1:${port}`]);
  balancers.push(balancer);
  return balancer;
}

test.each([
  [503, 'no replica is available', () => freePort()],
  [502, 'the response was lost', () => (careless.address() as AddressInfo).port],
])('answers %d as the API does', async (status, detail, port) => {
  const { name, url } = await balance(await port());
  if (name !== 'haproxy') {
    return;
  }
  const answer = await call(url, 'GET', '/authors?q="a%00');
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('retry-after')).toBe('1');
  const request_id = answer.headers.get('x-request-id');
  expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.body).toMatchObject({ status, detail, instance: '/authors', request_id });
});
