import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { call, login, newAccount } from '../../support/client.js';
import { ServerProcess } from '../../support/process.js';

const ROUNDS = 3;

test(
  'while 8 clients log in without pause, everything is answered',
  { timeout: 90_000 },
  async () => {
    const cwd = mkdtempSync(path.join(tmpdir(), 'library-api-logins-'));
    // The least cost of production; how long they hold up the rest is measured by bench/logins.mjs.
    const server = await ServerProcess.start({
      cwd,
      env: { BCRYPT_COST: '10', REGISTER_LIMIT: 'off' },
    });
    try {
      const { url } = server;
      const users = await Promise.all(Array.from({ length: 8 }, () => newAccount(url)));
      let isGoing = true;
      const logins = users.map(async ({ name, password, deviceToken }) => {
        const statuses: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const answer = await login(url, name, password, { 'x-device-token': deviceToken });
          statuses.push(answer.status);
        }
        return statuses;
      });
      const lists = users.map(async ({ token }) => {
        const statuses: number[] = [];
        while (isGoing) {
          statuses.push((await call(url, 'GET', '/authors', { token })).status);
        }
        return statuses;
      });
      expect((await Promise.all(logins)).flat()).toEqual(Array(8 * ROUNDS).fill(200));
      isGoing = false;
      const read = (await Promise.all(lists)).flat();
      // Had the hashes stood in the way, each list would have waited for logins.
      expect(read.length).toBeGreaterThan(2 * 8 * ROUNDS);
      expect(read.filter(status => status !== 200)).toEqual([]);
    } finally {
      await server.stop();
      rmSync(cwd, { recursive: true });
    }
  },
);
