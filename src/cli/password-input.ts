import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Reads the password: at a terminal without echo, otherwise the first line of standard input. */
export async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) {
    process.stderr.write('Password: ');
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  try {
    for await (const line of lines) {
      return line;
    }
    return '';
  } finally {
    lines.close();
    if (terminal) {
      process.stderr.write('\n');
    }
  }
}
