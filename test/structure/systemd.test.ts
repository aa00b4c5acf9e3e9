import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { VARIABLES } from '../../src/config/variables.js';
import { ROOT } from '../support/process.js';

const UNIT = readFileSync(`${ROOT}deploy/library-api.service`, 'utf8');

/** The unit with the program of this tree. */
const INSTALLED = UNIT.replace('/usr/local/bin/library-api', `${ROOT}bin/library-api.js`);

/** What `systemd-analyze security` may say, times 10; systemd 252 says 1.4. */
const EXPOSURE = '15';

const isInstalled = spawnSync('systemd-analyze', ['--version']).error === undefined;

describe('the unit for systemd', () => {
  const valueOf = (name: string): string | undefined =>
    new RegExp(`^${name}=(.*)$`, 'm').exec(UNIT)?.[1];

  test('waits longer than a shutdown may take', () => {
    const shutdown = VARIABLES.shutdownTimeout.parse(VARIABLES.shutdownTimeout.default)!;
    expect(Number(valueOf('TimeoutStopSec')) * 1000).toBeGreaterThan(shutdown + 1000);
  });

  test('does not restart a service whose configuration is wrong', () => {
    expect(Number(valueOf('RestartPreventExitStatus'))).toBe(new ConfigError('X', 'y').exitCode);
  });

  test('lets V8 compile', () => {
    expect(valueOf('MemoryDenyWriteExecute')).toBeUndefined();
  });
});

describe.skipIf(!isInstalled)('deploy/library-api.service', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'library-api-unit-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const analyze = (unit: string, ...args: string[]) => {
    const file = path.join(directory, 'library-api.service');
    writeFileSync(file, unit);
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, file]);
    return { status, text: `${stdout}${stderr}` };
  };

  test.each([
    ['', INSTALLED],
    [' with the credential that it suggests', INSTALLED.replaceAll(/^#(?=\w+=)/gm, '')],
  ])('passes systemd-analyze verify%s', (_, unit) => {
    expect(analyze(unit, 'verify', '--man=no')).toEqual({ status: 0, text: '' });
  });

  test('passes systemd-analyze security', () => {
    const { status, text } = analyze(UNIT, 'security', '--offline=yes', `--threshold=${EXPOSURE}`);
    console.log(/→ (.*)/.exec(text)?.[1]);
    expect([status, text]).toEqual([0, expect.stringContaining('Overall exposure level')]);
  });
});
