import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { watchLog } from './secrets.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface ProcessOptions {
  cwd: string;
  env?: Record<string, string>;
  input?: string;
}

interface ServerOptions extends ProcessOptions {
  /** The arguments of Node: the built main.js by default. */
  program?: string[];
  /** A file for the standard output; then `lines` stays empty. */
  log?: string;
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Of this environment a child gets what programs need to run, and nothing that configures the product. */
function environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, NODE_ENV: 'test', BCRYPT_COST: '4', ...env };
}

const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach(child => child.kill('SIGKILL')));

function launch(
  command: string,
  args: readonly string[],
  { cwd, env, log }: ProcessOptions & { log?: string },
): ChildProcess {
  const output = log === undefined ? 'pipe' : openSync(log, 'w');
  const stdio = ['pipe', output, 'pipe'] as const;
  const child = spawn(command, args, { cwd, env: environment(env), stdio: [...stdio] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<Finished> {
  const child = launch(command, args, options);
  const finished: Finished = { code: null, stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (finished.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (finished.stderr += text));
  child.stdin!.end(options.input ?? '');
  [finished.code] = (await once(child, 'close')) as [number | null];
  return finished;
}

/** Runs a file of the built product to its end, such as `cli.js`. */
export function runBuilt(
  file: 'main.js' | 'cli.js',
  args: readonly string[],
  options: ProcessOptions,
): Promise<Finished> {
  return run(process.execPath, [`${ROOT}dist/${file}`, ...args], options);
}

/** A server in a separate process. */
export class ServerProcess {
  readonly lines: string[] = [];
  stderr = '';
  url = '';
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  private constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** Resolves when the server says its address; rejects if it ends instead. */
  static async start({
    program = [`${ROOT}dist/main.js`],
    ...options
  }: ServerOptions): Promise<ServerProcess> {
    const env = { PORT: '0', ...options.env };
    const child = launch(process.execPath, program, { ...options, env });
    const server = new ServerProcess(child);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (server.stderr += text));
    await new Promise<void>((resolve, reject) => {
      const listen = (line: string): void => {
        const [, url] = /listening on (http\S+),/.exec(line) ?? [];
        if (url !== undefined) {
          server.url = url;
          resolve();
        }
      };
      if (options.log === undefined) {
        server.#readLines(listen);
      } else {
        void server.#readFile(options.log, listen);
      }
      void server.ended.then(code => reject(new Error(`ended with ${code}: ${server.stderr}`)));
    });
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | string> {
    this.kill(signal);
    return this.ended;
  }

  /** Until the server has said its address. */
  async #readFile(file: string, each: (text: string) => void): Promise<void> {
    while (this.url === '' && this.child.exitCode === null) {
      each(await readFile(file, 'utf8'));
      await sleep(20);
    }
  }

  #readLines(each: (line: string) => void): void {
    let rest = '';
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        this.lines.push(line);
        watchLog(line);
        each(line);
      }
    });
  }
}
