import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, withFirstAdmin } from '../support/admin.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { PASSWORD, call, freshName, login, newAccount } from '../support/client.js';
import { ROOT, run } from '../support/process.js';
import { installScratch } from '../support/scratch.js';

interface Item {
  name: string;
  item?: Item[];
  request?: {
    url: { variable?: { key: string; value: string }[] };
    body?: { raw?: string; formdata?: { type: string; src?: string }[] };
  };
}

interface Run {
  collection: object;
  variables: Record<string, string>;
}

interface Sent {
  requests: { name: string; line: string; status: number | string; body: string }[];
  failures: string[];
}

const TOOLS = 'test/clients/newman';
/** The password in the examples of the document. */
const EXAMPLE_PASSWORD = 'correct horse battery staple';

const tools = await installScratch(TOOLS);

describe.skipIf(tools === undefined)('newman sends', { timeout: 300_000 }, () => {
  let place: string;
  let running: RunningApp;
  let admin: string;

  beforeAll(async () => {
    place = mkdtempSync(path.join(tmpdir(), 'library-api-postman-'));
    running = await startApp('sqlite', { env: withFirstAdmin() });
    admin = (await login(running.url, ADMIN, PASSWORD)).body.token;
  });
  afterAll(async () => {
    await running.close();
    rmSync(place, { recursive: true });
  });

  async function tool<T>(file: string, argument: string): Promise<T> {
    const program = `${ROOT}${TOOLS}/${file}`;
    const { code, stdout, stderr } = await run(process.execPath, [program, argument], {
      cwd: tools!,
    });
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as T;
  }

  function send(runs: readonly Run[]): Promise<Sent[]> {
    const file = path.join(place, 'runs.json');
    writeFileSync(file, JSON.stringify(runs));
    return tool('send.cjs', file);
  }

  test('the walk, examples/walk.postman_collection.json', async () => {
    const file = readFileSync(`${ROOT}examples/walk.postman_collection.json`, 'utf8');
    const collection = JSON.parse(file) as { item: Item[]; variable: object[] };
    collection.variable = [...collection.variable.slice(1), { key: 'baseUrl', value: running.url }];
    const [{ requests, failures }] = await send([{ collection, variables: {} }]);
    expect(failures).toEqual([]);
    expect(requests.map(({ name }) => name)).toEqual(collection.item.map(({ name }) => name));
    console.log(`examples/walk.postman_collection.json: ${requests.length} requests, 0 failures`);
  });

  test('each request of the collection that Postman makes of openapi.json', async () => {
    const document = path.join(place, 'openapi.json');
    writeFileSync(document, (await call(running.url, 'GET', '/openapi.json')).text);
    const collection = await tool<{ item: Item[] }>('convert.cjs', document);
    const items = leaves(collection.item);
    const runs: Run[] = [];
    for (const item of items) {
      const variables = await prepare();
      fillIn(item, variables);
      runs.push({ collection: { ...collection, item: [item] }, variables });
    }
    const sent = await send(runs);
    expect(sent.flatMap(({ failures }) => failures)).toEqual([]);
    const answers = sent
      .flatMap(({ requests }) => requests)
      .map(({ line, status, body }) => `${line} ${status}${Number(status) < 300 ? '' : body}`);
    const refused = answers.filter(answer => !/ 20\d$/.test(answer));
    console.log(`openapi.json in Postman: ${items.length} requests, ${refused.length} refused`);
    // It deletes nothing unless a filter is chosen.
    expect(refused).toEqual([expect.stringMatching(/^DELETE \/authors 400/)]);
    expect(items.length).toBeGreaterThanOrEqual(40);
  });

  /** An admin who has just logged in, and one of everything that an id can name. */
  async function prepare(): Promise<Record<string, string>> {
    const { url } = running;
    const [me, other] = [
      await newAccount(url, freshName(), EXAMPLE_PASSWORD),
      await newAccount(url),
    ];
    const token = me.token;
    await call(url, 'PATCH', `/users/${me.publicId}`, { token: admin, json: { admin: true } });
    const json = { name: 'Jane Austen', book: 'Emma' };
    const author = await call(url, 'POST', '/authors', { token, json });
    const second = await login(url, me.name, EXAMPLE_PASSWORD);
    const named = { name: 'a script', scopes: ['authors:read'] };
    const personal = await call(url, 'POST', '/tokens', { token, json: named });
    const code = await call(url, 'POST', `/users/${other.publicId}/reset`, { token });
    return {
      basicAuthUsername: me.name,
      basicAuthPassword: EXAMPLE_PASSWORD,
      bearerToken: token,
      authors: String(author.body.id),
      users: other.publicId,
      sessions: second.body.session_id,
      tokens: personal.body.id,
      refresh_token: me.refreshToken,
      code: code.body.code,
      name: other.name,
    };
  }
});

function leaves(items: readonly Item[]): Item[] {
  return items.flatMap(item => (item.item === undefined ? [item] : leaves(item.item)));
}

/** What a user types over the examples: ids, one-time secrets, and the file to upload. */
function fillIn({ request }: Item, ids: Record<string, string>): void {
  const { url, body } = request as Required<Item>['request'] & { url: { path?: string[] } };
  url.variable?.forEach(variable => {
    variable.value = ids[url.path![0]];
  });
  body?.formdata?.forEach(field => {
    field.src = `${ROOT}examples/booker-prize.csv`;
  });
  if (body?.raw !== undefined) {
    const json = JSON.parse(body.raw) as Record<string, unknown>;
    for (const name of 'code' in json ? ['code', 'name'] : ['refresh_token']) {
      json[name] = name in json ? ids[name] : undefined;
    }
    body.raw = JSON.stringify(json);
  }
}
