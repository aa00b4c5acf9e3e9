import { Command, CommanderError } from 'commander';
import { addBackupCommands } from './cli/backup.js';
import { addCopyCommand } from './cli/copy.js';
import { addKeysCommands } from './cli/keys.js';
import { addMigrateCommand } from './cli/migrate.js';
import { explain } from './cli/run.js';
import { addTransferCommands } from './cli/transfer.js';
import { addUserCommands } from './cli/user.js';

const program = new Command('library-api')
  .description('Manages a library-api database, with the environment variables of the server.')
  .configureOutput({
    // Commander prints several lines if it has a suggestion.
    outputError: (text, write) => {
      const line = text
        .replace(/^error: /, '')
        .trim()
        .replace(/\s*\n\s*/g, ' ');
      write(`library-api: ${line} (--help shows how)\n`);
    },
  })
  .exitOverride();

addMigrateCommand(program);
addUserCommands(program);
addKeysCommands(program);
addBackupCommands(program);
addCopyCommand(program);
addTransferCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else {
    const { line, exitCode } = explain(error);
    process.stderr.write(`library-api: ${line}\n`);
    process.exitCode = exitCode;
  }
}
