import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** The exit code after Ctrl-C: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/** Reads the password: at a terminal without echo, otherwise the first line of standard input. */
export async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) {
    process.stderr.write('Password: ');
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  lines.on('SIGINT', () => {
    process.stderr.write('\n');
    process.exit(INTERRUPTED);
  });
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
