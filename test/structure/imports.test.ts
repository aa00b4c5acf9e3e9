import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT, run } from '../support/process.js';

const CONFIG = `${ROOT}.dependency-cruiser.cjs`;

/** The imports of a product that break a rule, as `rule: from → to`. */
async function violations(cwd: string): Promise<string[]> {
  const binary = `${ROOT}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const args = [binary, 'src', '--config', CONFIG, '--output-type', 'json'];
  const { stdout } = await run(process.execPath, args, { cwd });
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return summary.violations.map(
    ({ rule, from, to }) => `${rule.name}: ${from.slice(4)} → ${to.replace(/^src\//, '')}`,
  );
}

/** For each rule, imports that break it. `publishers` is a feature that the rules have never heard of. */
const WRONG: Record<string, [from: string, to: string][]> = {
  'features-do-not-meet': [
    ['publishers/publishers.module.ts', 'authors/authors.module.ts'],
    ['publishers/publishers.module.ts', 'users/users.module.ts'],
    ['publishers/deep/down.ts', 'auth/keys/key-ring.ts'],
    ['publishers/deep/down.ts', 'authors/author.entity.ts'],
    ['publishers/deep/down.ts', 'app.ts'],
    ['publishers/deep/down.ts', 'cli/run.ts'],
    ['authors/authors.module.ts', 'publishers/publishers.module.ts'],
    ['authors/authors.service.ts', 'users/users.service.ts'],
    ['health/health.module.ts', 'authors/authors.module.ts'],
    ['audit/audit.module.ts', 'users/users.module.ts'],
    ['users/users.module.ts', 'auth/auth.module.ts'],
    ['users/users.service.ts', 'publishers/publishers.module.ts'],
    ['auth/auth.module.ts', 'authors/authors.module.ts'],
    ['auth/keys/key-ring.ts', 'publishers/publishers.module.ts'],
  ],
  'ground-floor-points-down': [
    ['lists/list.ts', 'authors/authors.module.ts'],
    ['lists/list.ts', 'idempotency/keys.ts'],
    ['idempotency/keys.ts', 'lists/cursor.ts'],
    ['http/access.ts', 'auth/auth.module.ts'],
    ['http/access.ts', 'database/store.ts'],
    ['http/access.ts', 'publishers/publishers.module.ts'],
    ['database/store.ts', 'http/etag.ts'],
    ['database/store.ts', 'authors/authors.repository.ts'],
    ['problems/problem.ts', 'http/etag.ts'],
    ['config/config.ts', 'problems/filter.ts'],
    ['text/fold.ts', 'http/etag.ts'],
    ['metrics/metrics.ts', 'health/metrics.ts'],
  ],
  'auth-has-no-circles': [
    ['auth/keys/key-ring.ts', 'auth/tokens/token.ts'],
    ['auth/throttle/throttle.ts', 'auth/login/login.ts'],
  ],
  'entities-name-only-entities': [
    ['authors/author.entity.ts', 'authors/names.ts'],
    ['database/entities.ts', 'users/users.service.ts'],
  ],
  'layers-point-down': [
    ['authors/authors.repository.ts', 'authors/authors.service.ts'],
    ['users/users.service.ts', 'users/users.controller.ts'],
    ['publishers/publishers.controller.ts', 'publishers/publishers.repository.ts'],
  ],
  'only-the-app-imports-auth': [['serve.ts', 'auth/auth.module.ts']],
  'typeorm-stays-below': [
    ['authors/authors.service.ts', 'node_modules/typeorm/index.js'],
    ['publishers/publishers.controller.ts', 'node_modules/@nestjs/typeorm/index.js'],
  ],
  'no-one-imports-main': [['serve.ts', 'main.ts']],
  'no-cycles': [['http/a.ts', 'http/b.ts']],
};

/** Closes the cycle, which is reported once. */
const BACK: [from: string, to: string] = ['http/b.ts', 'http/a.ts'];

const RIGHT: [from: string, to: string][] = [
  ['app.module.ts', 'auth/auth.module.ts'],
  ['app.module.ts', 'publishers/publishers.module.ts'],
  ['cli/run.ts', 'auth/keys/key-ring.ts'],
  ['auth/auth.guard.ts', 'users/users.service.ts'],
  ['auth/auth.guard.ts', 'audit/audit.service.ts'],
  ['auth/login/login.ts', 'auth/keys/key-ring.ts'],
  ['users/users.controller.ts', 'audit/audit.service.ts'],
  ['users/note.entity.ts', 'users/user.entity.ts'],
  ['users/user.entity.ts', 'users/note.entity.ts'],
  ['publishers/publisher.entity.ts', 'users/user.entity.ts'],
  ['publishers/publisher.entity.ts', 'http/etag.ts'],
  ['publishers/publishers.repository.ts', 'node_modules/@nestjs/typeorm/index.js'],
  ['publishers/publishers.module.ts', 'publishers/deep/other.ts'],
  ['publishers/publishers.module.ts', 'lists/cursor.ts'],
  ['publishers/publishers.module.ts', 'idempotency/interceptor.ts'],
  ['publishers/publishers.module.ts', 'http/etag.ts'],
  ['publishers/publishers.module.ts', 'database/database.ts'],
  ['publishers/publishers.module.ts', 'problems/filter.ts'],
  ['idempotency/idempotency.entity.ts', 'users/user.entity.ts'],
  ['lists/cursor.ts', 'database/database.ts'],
  ['database/database.ts', 'node_modules/typeorm/index.js'],
  ['database/database.ts', 'config/value.ts'],
  ['http/etag.ts', 'problems/filter.ts'],
];

/** A product with these imports and nothing else. */
function writeProduct(cwd: string, imports: readonly (readonly [string, string])[]): void {
  const texts = new Map<string, string>([['tsconfig.json', '{}']]);
  for (const name of ['typeorm', '@nestjs/typeorm']) {
    texts.set(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    texts.set(`node_modules/${name}/index.js`, '');
  }
  for (const [from, to] of imports) {
    const target = to.startsWith('node_modules/')
      ? to.slice('node_modules/'.length, -'/index.js'.length)
      : `${'../'.repeat(from.split('/').length)}src/${to.replace(/\.ts$/, '.js')}`;
    const file = `src/${from}`;
    texts.set(file, `${texts.get(file) ?? 'export {};\n'}import '${target}';\n`);
    if (!to.startsWith('node_modules/')) {
      texts.set(`src/${to}`, texts.get(`src/${to}`) ?? 'export {};\n');
    }
  }
  for (const [file, text] of texts) {
    mkdirSync(path.dirname(path.join(cwd, file)), { recursive: true });
    writeFileSync(path.join(cwd, file), text);
  }
}

describe('the direction of imports', () => {
  let found: string[];

  beforeAll(async () => {
    const cwd = mkdtempSync(path.join(tmpdir(), 'library-api-imports-'));
    try {
      writeProduct(cwd, [...Object.values(WRONG).flat(), BACK, ...RIGHT]);
      found = await violations(cwd);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test('holds in the product', async () => {
    expect(await violations(ROOT)).toEqual([]);
  });

  test.each(Object.entries(WRONG))('is guarded by the rule %s', (rule, imports) => {
    const expected = imports.map(([from, to]) => `${rule}: ${from} → ${to}`);
    expect(found.filter(each => each.startsWith(`${rule}: `)).toSorted()).toEqual(
      expect.arrayContaining(expected),
    );
  });

  test('allows what it should', () => {
    const right = RIGHT.map(([from, to]) => `${from} → ${to}`);
    expect(found.filter(each => right.includes(each.replace(/^[^:]*: /, '')))).toEqual([]);
  });

  test('has a sentence for each rule, and no rule that is not tried here', async () => {
    const { default: config } = (await import(CONFIG)) as {
      default: { forbidden: { name: string; comment: string }[] };
    };
    const names = new Set(config.forbidden.map(({ name }) => name));
    expect([...names].toSorted()).toEqual(Object.keys(WRONG).toSorted());
    expect(config.forbidden.every(({ comment }) => comment.endsWith('.'))).toBe(true);
  });
});
