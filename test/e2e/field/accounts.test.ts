import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, withFirstAdmin } from '../../support/admin.js';
import { databases, startApp } from '../../support/app.js';
import type { RunningApp } from '../../support/app.js';
import { PASSWORD, call, freshName, login } from '../../support/client.js';
import type { Answer } from '../../support/client.js';
import { expectProblem } from '../../support/problems.js';

/** One character of each kind that HTTP Basic cannot carry. */
const CONTROLS = ['\t', '\n', '\r', '\0', '\u001b', '\u007f', '\u0085', '\u009f'];

interface Schema {
  type?: string | string[];
  nullable?: boolean;
  readOnly?: boolean;
  required?: string[];
  properties: Record<string, Schema>;
}

describe.each(databases())('accounts on %s', kind => {
  let running: RunningApp;
  let url: string;
  let admin: string;

  beforeAll(async () => {
    running = await startApp(kind, { env: { ...withFirstAdmin(), REGISTRATION: 'closed' } });
    url = running.url;
    admin = (await login(url, ADMIN, PASSWORD)).body.token;
  });
  afterAll(() => running.close());

  const create = (json: object, token?: string): Promise<Answer> =>
    call(url, 'POST', '/users', { token: token ?? admin, json });

  const reset = (name: string, code: string, password: string): Promise<Answer> =>
    call(url, 'POST', '/password-reset', { json: { name, code, new_password: password } });

  /** A user whom the admin has made, with a password. */
  async function member(json: object = {}) {
    const { body } = await create({ name: freshName(), ...json });
    expect((await reset(body.name, body.code, PASSWORD)).status).toBe(204);
    return { ...body, token: (await login(url, body.name, PASSWORD)).body.token };
  }

  test('an admin creates a user, whose code sets the first password', async () => {
    const name = freshName();
    const made = await create({ name: `  ${name} ` });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      public_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name,
      admin: false,
      code: expect.stringMatching(/^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/),
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const path = `/users/${made.body.public_id}`;
    expect(made.headers.get('location')).toBe(path);
    expect((await call(url, 'GET', path, { token: admin })).body).toMatchObject({
      name,
      disabled: false,
    });

    for (const password of ['', 'none', PASSWORD]) {
      expect((await login(url, name, password)).status).toBe(401);
    }
    expect((await reset(name, made.body.code, PASSWORD)).status).toBe(204);
    expect((await login(url, name, PASSWORD)).status).toBe(200);
    expect((await reset(name, made.body.code, `${PASSWORD} 2`)).status).toBe(403);
  });

  test('the user can be an admin, and the event names who created it', async () => {
    const user = await member({ admin: true });
    expect(user.admin).toBe(true);
    const { body } = await call(url, 'GET', '/events?limit=500', { token: user.token });
    const { public_id: creator } = (await call(url, 'GET', '/users/me', { token: admin })).body;
    const events = body.events.filter(
      ({ subject }: { subject: string }) => subject === user.public_id,
    );
    expect(events.at(-1)).toMatchObject({ action: 'user.registered', actor: creator });
    expect(JSON.stringify(events)).not.toContain(user.code);
  });

  test('a name that is taken, wrong or missing creates nobody', async () => {
    await expectProblem(url, await create({ name: ADMIN.toUpperCase() }), 409, 'name_taken');
    for (const json of [
      {},
      { name: null },
      { name: 'a:b' },
      { name: '' },
      { name: freshName(), admin: 1 },
      { name: freshName(), password: PASSWORD },
    ]) {
      await expectProblem(url, await create(json), 422, 'validation_failed');
    }
  });

  test('six requests for one name create one user', async () => {
    const name = freshName();
    const answers = await Promise.all(Array.from({ length: 6 }, () => create({ name })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  test('only an admin creates users, and with a session', async () => {
    const user = await member();
    await expectProblem(
      url,
      await create({ name: freshName() }, user.token),
      403,
      'admin_required',
    );
    const personal = await call(url, 'POST', '/tokens', {
      token: admin,
      json: { name: 'x', scopes: ['users:read', 'authors:write'], current_password: PASSWORD },
    });
    if (personal.status === 201) {
      const refused = await create({ name: freshName() }, personal.body.token);
      await expectProblem(url, refused, 403, 'session_required');
    }
    expect((await call(url, 'POST', '/users', { json: { name: freshName() } })).status).toBe(401);
  });

  test('a password with a control character is refused wherever one is set', async () => {
    const { name, token } = await member();
    const open = await startApp('sqlite');
    for (const control of CONTROLS) {
      const password = `correct${control}horse battery`;
      const { body } = await create({ name: freshName() });
      const answers = [
        await call(open.url, 'POST', '/register', { json: { name: freshName(), password } }),
        await call(url, 'PUT', '/users/me/password', {
          token,
          json: { current_password: PASSWORD, new_password: password },
        }),
        await reset(body.name, body.code, password),
      ];
      expect([control, ...answers.map(({ status }) => status)]).toEqual([control, 422, 422, 422]);
    }
    await open.close();
    expect((await login(url, name, PASSWORD)).status).toBe(200);
  });

  test('null is refused in every optional field that is not documented to take it', async () => {
    const { paths, components } = (await call(url, 'GET', '/openapi.json')).body;
    const tried: string[] = [];
    const found: unknown[] = [];
    for (const [path, item] of Object.entries<Record<string, any>>(paths)) {
      for (const [method, { requestBody }] of Object.entries(item)) {
        const ref: string | undefined = requestBody?.content['application/json']?.schema.$ref;
        const schema: Schema | undefined = ref && components.schemas[ref.split('/').at(-1)!];
        for (const [field, { type, nullable, readOnly }] of Object.entries(
          schema?.properties ?? {},
        )) {
          const takesNull = nullable === true || (Array.isArray(type) && type.includes('null'));
          if (schema!.required?.includes(field) || takesNull || readOnly) {
            continue;
          }
          const target = path.replace(/\{\w+\}/g, '1');
          const { status, body } = await call(url, method.toUpperCase(), target, {
            token: admin,
            json: { [field]: null },
          });
          tried.push(`${method} ${path} ${field}`);
          const pointers = body.errors?.map(({ pointer }: { pointer: string }) => pointer) ?? [];
          if (status !== 422 || !pointers.includes(`/${field}`)) {
            found.push([method, path, field, status, body]);
          }
        }
      }
    }
    expect(found).toEqual([]);
    expect(tried).toContain('patch /users/{public_id} admin');
  });
});
