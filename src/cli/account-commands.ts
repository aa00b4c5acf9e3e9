import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { SCOPES } from '../http/principal.js';
import { addCommand } from './command.js';

const RIGHTS = {
  promote: 'make a user an admin',
  demote: 'remove the admin rights of a user',
  disable: 'block a user and revoke all their tokens',
  enable: 'unblock a user',
} as const;

const CODES = {
  password: 'create a one-time code for a new password (POST /password-reset)',
  ticket: 'create a one-time code for one login from anywhere (X-Login-Ticket)',
} as const;

const KEYS_NOTES = `
access: signs access tokens. The old key verifies until its last token expires.
refresh: signs refresh tokens and counts login attempts. Old refresh tokens stay valid until they are exchanged;
the throttle starts to count names again.
pepper: goes into password hashes. Each password moves to the new pepper when its user logs in next.
No one is logged out, and all processes use the new key within a second.`;

const EVENTS_MAX = 100_000;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `user …`: accounts. */
export function addUserCommands(program: Command): void {
  const user = program.command('user').description('manage accounts');
  const load = () => import('./user.js');
  addCommand(
    user,
    'add <name>',
    'add a user, with the password from a prompt or standard input',
    readPasswordFirst,
  ).option('--admin', 'make the user an admin');
  addCommand(user, 'list', 'list all users', async () => (await load()).list);
  addCommand(user, 'show <name>', 'show a user', async () => (await load()).showUser);
  addCommand(
    user,
    'remove <name>',
    'remove a user and all their data',
    async () => (await load()).remove,
  );
  for (const [verb, does] of Object.entries(RIGHTS) as [keyof typeof RIGHTS, string][]) {
    addCommand(user, `${verb} <name>`, does, async () => (await load()).setRights(verb));
  }
  for (const [verb, does] of Object.entries(CODES) as [keyof typeof CODES, string][]) {
    addCommand(user, `${verb} <name>`, does, async () => (await load()).createCode(verb));
  }
}

/** The prompt comes before the program is loaded, which takes a while. */
async function readPasswordFirst() {
  const { readPassword } = await import('./password-input.js');
  const password = await readPassword();
  const { addUser } = await import('./user-add.js');
  return (name: string, { admin }: { admin?: boolean }) => addUser(name, password, admin);
}

/** `token create`: personal access tokens. */
export function addTokenCommands(program: Command): void {
  const token = program.command('token').description('manage personal access tokens');
  addCommand(
    token,
    'create',
    'create a token and print it once',
    async () => (await import('./token.js')).create,
  )
    .requiredOption('--user <name>', 'the owner of the token')
    .addOption(
      new Option('--scope <scope...>', 'what the token may do')
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .option('--name <name>', 'what the token is for', 'command line')
    .option('--expires-in-days <days>', 'from 1 to 3650; without it, the token does not expire');
}

/** `events`: the security events. */
export function addEventsCommand(program: Command): void {
  addCommand(
    program,
    'events',
    'list security events, newest first; with --json, one JSON object per line',
    async () => (await import('./events.js')).list,
  )
    .option('--user <name>', 'by or about this user')
    .option('--action <action>', 'of this kind, such as login.failed')
    .option('--since <time>', 'a time (2026-11-27T10:00Z) or an age (30m, 12h, 7d)', sinceOf)
    .option('--limit <number>', 'at most this many', limitOf, 100);
}

/** `keys …`: the keys that the database holds, sealed. */
export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('manage the keys of tokens and passwords');
  const load = () => import('./keys.js');
  addCommand(
    keys,
    'list',
    'list the keys with purpose and age, and how long each verifies, without their secrets',
    async () => (await load()).list,
  );
  addCommand(
    keys,
    'rotate',
    'replace a key; existing tokens and passwords stay valid',
    async () => (await load()).rotate,
  )
    .addOption(
      new Option('--purpose <purpose>', 'the key to replace')
        .choices(['access', 'refresh', 'pepper'])
        .default('access'),
    )
    .addHelpText('after', KEYS_NOTES);
}

function limitOf(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > EVENTS_MAX) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${EVENTS_MAX}.`);
  }
  return limit;
}

/** Epoch milliseconds. */
function sinceOf(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const isTime = /^\d{4}-\d\d-\d\d/.test(text);
  const at = number
    ? Date.now() - Number(number) * UNITS[unit as keyof typeof UNITS]
    : Date.parse(isTime ? text : '');
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError(
      'It must be a time such as 2026-11-27T10:00Z, or an age such as 12h.',
    );
  }
  return at;
}
