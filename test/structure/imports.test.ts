import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, run } from '../support/process.js';

/** The names of the rules that a product breaks. */
async function brokenRules(cwd: string): Promise<string[]> {
  const binary = `${ROOT}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const config = `${ROOT}.dependency-cruiser.cjs`;
  const { stdout } = await run(
    process.execPath,
    [binary, 'src', '--config', config, '--output-type', 'json'],
    { cwd },
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { error: number; violations: { rule: { name: string } }[] };
  };
  expect(summary.error).toBe(summary.violations.length);
  return summary.violations.map(({ rule }) => rule.name);
}

/** For each rule, the files of a product that breaks it. */
const WRONG: Record<string, Record<string, string>> = {
  'authors-stand-alone': {
    'authors/authors.service.ts': "import '../users/users.service.js';",
    'users/users.service.ts': '',
  },
  'users-stand-alone': {
    'users/users.service.ts': "import '../auth/auth.guard.js';",
    'auth/auth.guard.ts': '',
  },
  'auth-knows-users': {
    'auth/auth.guard.ts': "import '../authors/authors.service.js';",
    'authors/authors.service.ts': '',
  },
  'audit-stands-alone': {
    'audit/audit.service.ts': "import '../users/users.service.js';",
    'users/users.service.ts': '',
  },
  'health-stands-alone': {
    'health/health.controller.ts': "import '../authors/authors.service.js';",
    'authors/authors.service.ts': '',
  },
  'http-is-ground': {
    'http/access.ts': "import type { Guard } from '../auth/auth.guard.js'; export type G = Guard;",
    'auth/auth.guard.ts': 'export type Guard = 1;',
  },
  'database-is-ground': {
    'database/store.ts': "import '../authors/authors.repository.js';",
    'authors/authors.repository.ts': '',
  },
  'config-is-ground': {
    'config/config.ts': "import '../http/problem.js';",
    'http/problem.ts': '',
  },
  'typeorm-stays-below': { 'authors/authors.service.ts': "import 'typeorm';" },
  'nobody-imports-main': { 'users/users.service.ts': "import '../main.js';", 'main.ts': '' },
  'no-cycles': {
    'http/a.ts': "import './b.js';",
    'http/b.ts': "import './a.js';",
  },
};

/** Imports that the rules allow. */
const RIGHT = {
  'auth/auth.guard.ts': "import '../users/users.service.js'; import '../http/problem.js';",
  'users/users.service.ts': "import '../audit/audit.service.js';",
  'users/users.repository.ts': "import 'typeorm';",
  'users/user.entity.ts': "import 'typeorm'; import './note.entity.js';",
  'users/note.entity.ts': "import './user.entity.js';",
  'audit/audit.service.ts': "import '../database/store.js';",
  'database/store.ts': "import 'typeorm'; import '../config/config.js';",
  'config/config.ts': '',
  'http/problem.ts': '',
};

async function withFiles<T>(
  files: Record<string, string>,
  work: (cwd: string) => Promise<T>,
): Promise<T> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'library-api-imports-'));
  try {
    const typeorm = { 'package.json': '{"name":"typeorm","main":"index.js"}', 'index.js': '' };
    for (const [name, text] of Object.entries(typeorm)) {
      write(path.join(cwd, 'node_modules/typeorm', name), text);
    }
    write(path.join(cwd, 'tsconfig.json'), '{}');
    for (const [name, text] of Object.entries(files)) {
      write(path.join(cwd, 'src', name), `${text}\nexport {};\n`);
    }
    return await work(cwd);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('the direction of imports', () => {
  test('is kept by the product', async () => {
    expect(await brokenRules(ROOT)).toEqual([]);
  });

  test.each(Object.entries(WRONG))('is guarded by the rule %s', async (rule, files) => {
    expect(await withFiles(files, brokenRules)).toContain(rule);
  });

  test('allows what it should', async () => {
    expect(await withFiles(RIGHT, brokenRules)).toEqual([]);
  });

  test('has no rule that is not tried here', async () => {
    const { default: config } = (await import(`${ROOT}.dependency-cruiser.cjs`)) as {
      default: { forbidden: { name: string; comment: string }[] };
    };
    expect(config.forbidden.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(WRONG).toSorted(),
    );
    expect(config.forbidden.every(({ comment }) => comment.endsWith('.'))).toBe(true);
  });
});
