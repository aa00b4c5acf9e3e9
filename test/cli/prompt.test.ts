import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { PASSWORD } from '../support/client.js';
import { ROOT } from '../support/process.js';
import { cli, emptyDirectory } from './command-line.js';

/** `script` (util-linux) runs a command in a terminal. */
const hasTerminal = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;
const cwd = emptyDirectory();

interface Terminal {
  shown(): string;
  type(text: string): void;
  waitFor(text: string): Promise<void>;
  ended: Promise<number>;
}

function open(command: string): Terminal {
  const line = `${process.execPath} ${ROOT}dist/cli.js ${command}`;
  const { PATH } = process.env;
  const env = { PATH, NODE_ENV: 'test', BCRYPT_COST: '4', TERM: 'dumb' };
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
    const terminal = open('user add Grace');
    // The terminal is ours as soon as Node runs, long before the program is loaded.
    await new Promise(resolve => setTimeout(resolve, 0));
    while (!terminal.shown().includes('Password: ')) {
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    terminal.type(`${PASSWORD}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).not.toContain(PASSWORD);
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
