import type { Command } from 'commander';

type Action = (...args: never[]) => Promise<void>;

/** Adds a command with `--json`; `load` imports its code when it runs, so that help needs none of it. */
export function addCommand(
  parent: Command,
  usage: string,
  does: string,
  load: () => Promise<Action>,
): Command {
  return parent
    .command(usage)
    .description(does)
    .option('--json', 'print JSON, errors too')
    .action(async (...args: unknown[]) => {
      const action = await load();
      await action(...(args as never[]));
    });
}
