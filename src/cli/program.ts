import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import {
  addEventsCommand,
  addKeysCommands,
  addTokenCommands,
  addUserCommands,
} from './account-commands.js';
import { addCommand } from './command.js';
import { addCopyCommands, addTransferCommands } from './data-commands.js';
import { explain, reportEnd } from './output.js';

/** Runs the command of this process; sets the exit code. */
export async function main(): Promise<void> {
  process.stdout.on('error', endQuietly);
  const program = createProgram();
  try {
    await program.parseAsync();
    reportEnd();
  } catch (error) {
    const failure = error instanceof CommanderError ? explainUsage(error) : explain(error);
    if (failure !== undefined) {
      reportEnd(failure);
      process.exitCode = failure.exit_code;
    }
  }
}

function createProgram(): Command {
  const program = new Command('library-api')
    .description('Manages a library-api database, with the environment variables of the server.')
    .version(version(), '--version', 'print the version')
    // Commander's own texts take several lines; `explainUsage` makes one of them.
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  addCommand(program, 'serve', 'run the server', async () => (await import('./serve.js')).serve);
  addCommand(
    program,
    'migrate',
    'update the database schema',
    async () => (await import('./migrate.js')).migrate,
  );
  addUserCommands(program);
  addTokenCommands(program);
  addEventsCommand(program);
  addKeysCommands(program);
  addCommand(
    program,
    'doctor',
    'check the configuration, the database and this machine; changes nothing',
    async () => (await import('./doctor/doctor.js')).doctor,
  );
  addCopyCommands(program);
  addTransferCommands(program);
  return program;
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Undefined for help and version, which are no failures. */
function explainUsage({ exitCode, code, message }: CommanderError) {
  if (exitCode === 0) {
    return undefined;
  }
  const line = message
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  const what = code === 'commander.help' ? 'name a command' : line;
  return { code: 'usage', message: `${what} (--help shows how)`, exit_code: exitCode };
}

/** The reader has closed standard output, as `head` does. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit(0);
}
