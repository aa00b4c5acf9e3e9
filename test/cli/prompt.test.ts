import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../support/client.js';
import { ROOT } from '../support/process.js';
import { cli, emptyDirectory } from './command-line.js';

/** `script` (util-linux) runs a command in a terminal. */
const hasTerminal = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;
const cwd = emptyDirectory();

/** Says when the terminal stops to show what is typed, and then leaves a second before the prompt. */
const slow = path.join(cwd, 'slow.mjs');
writeFileSync(
  slow,
  `import { ReadStream } from 'node:tty';
  const { setRawMode } = ReadStream.prototype;
  ReadStream.prototype.setRawMode = function (isRaw) {
    ReadStream.prototype.setRawMode = setRawMode;
    this.setRawMode(isRaw);
    process.stderr.write('ECHO OFF');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    return this;
  };`,
);

interface Terminal {
  shown(): string;
  type(text: string): void;
  waitFor(text: string): Promise<void>;
  ended: Promise<number>;
}

function open(command: string, more: Record<string, string> = {}): Terminal {
  const line = `${process.execPath} ${ROOT}dist/cli.js ${command}`;
  const { PATH } = process.env;
  const env = { PATH, NODE_ENV: 'test', BCRYPT_COST: '4', TERM: 'dumb', ...more };
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd, env });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  return {
    shown: () => shown,
    type: text => child.stdin.write(text),
    waitFor: text =>
      expect.poll(() => shown, { timeout: 20_000, interval: 10 }).toContain(text) as Promise<void>,
    ended: once(child, 'close').then(([code]) => code as number),
  };
}

describe.runIf(hasTerminal)('the password prompt', { timeout: 60_000 }, () => {
  test('should not show the password', async () => {
    const terminal = open('user add Ada');
    await terminal.waitFor('Password: ');
    terminal.type(`${PASSWORD}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('added Ada');
    expect(terminal.shown()).not.toContain(PASSWORD);
  });

  test('should not show what is typed before it, and take it', async () => {
    const terminal = open('user add Grace', { NODE_OPTIONS: `--import=${slow}` });
    await terminal.waitFor('ECHO OFF');
    terminal.type(`${PASSWORD}\r`);
    expect(await terminal.ended).toBe(0);
    const shown = terminal.shown();
    expect(shown.indexOf('ECHO OFF')).toBeLessThan(shown.indexOf('Password: '));
    expect(shown).not.toContain(PASSWORD);
    expect(shown).toContain('added Grace');
  });

  test('should end with 130 on Ctrl-C, print nothing and create nothing', async () => {
    const terminal = open('user add Eve');
    await terminal.waitFor('Password: ');
    terminal.type('half a pass\u0003');
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown().trim()).toBe('Password:');
    const { stdout } = await cli('user list', cwd);
    expect(stdout).not.toContain('Eve');
  });

  test('should take what an editor of lines takes', async () => {
    const terminal = open('user add Zoe');
    await terminal.waitFor('Password: ');
    terminal.type(`wrong\u0015${PASSWORD}x\u007f\r`);
    expect(await terminal.ended).toBe(0);
  });
});
