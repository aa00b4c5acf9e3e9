import type { Command } from 'commander';
import { CodesService } from '../auth/codes/codes.service.js';
import { RegistrationService } from '../auth/accounts/registration.service.js';
import { COMMAND_LINE } from '../http/origin.js';
import { UsersRepository } from '../users/users.repository.js';
import { UsersService } from '../users/users.service.js';
import type { UserRightsRequest } from '../users/users.dto.js';
import { findUser } from './find-user.js';
import { readPassword } from './password-input.js';
import { show, withServices } from './run.js';

interface Options {
  json?: boolean;
  admin?: boolean;
}

const ACTOR = 'cli';

/** What each command changes, and its sentences. */
const RIGHTS = {
  promote: { rights: { admin: true }, done: 'is an admin now', does: 'make a user an admin' },
  demote: {
    rights: { admin: false },
    done: 'is no longer an admin',
    does: 'remove the admin rights of a user',
  },
  disable: {
    rights: { disabled: true },
    done: 'is disabled; all their tokens are revoked',
    does: 'block a user and revoke all their tokens',
  },
  enable: { rights: { disabled: false }, done: 'is enabled', does: 'unblock a user' },
} as const satisfies Record<string, { rights: UserRightsRequest; done: string; does: string }>;

/** The one-time codes, and what each is for. */
const CODES = {
  password: { purpose: 'reset', for: 'a new password (POST /password-reset)' },
  ticket: { purpose: 'login', for: 'one login from anywhere (X-Login-Ticket)' },
} as const;

/** `user add|promote|demote|disable|enable|password|ticket NAME`. */
export function addUserCommands(program: Command): void {
  const user = program.command('user').description('manage accounts');
  user
    .command('add')
    .description('add a user, with the password from a prompt or standard input')
    .argument('<name>')
    .option('--admin', 'make the user an admin')
    .option('--json', 'print JSON')
    .action(addUser);
  for (const [verb, { rights, done, does }] of Object.entries(RIGHTS)) {
    user
      .command(verb)
      .description(does)
      .argument('<name>')
      .option('--json', 'print JSON')
      .action((name: string, options: Options) => setRights(name, rights, done, options));
  }
  for (const [verb, code] of Object.entries(CODES)) {
    user
      .command(verb)
      .description(`create a one-time code for ${code.for}`)
      .argument('<name>')
      .option('--json', 'print JSON')
      .action((name: string, options: Options) => handCode(name, code, options));
  }
}

async function addUser(name: string, options: Options): Promise<void> {
  const password = await readPassword();
  await withServices(async app => {
    const account = { name, password, admin: options.admin ?? false };
    const user = await app.get(RegistrationService).add(account, ACTOR, COMMAND_LINE);
    const result = { public_id: user.publicId, name: user.name, admin: user.admin };
    show(options, result, `added ${user.name}`);
  });
}

async function setRights(
  name: string,
  rights: UserRightsRequest,
  done: string,
  options: Options,
): Promise<void> {
  await withServices(async app => {
    const { publicId } = await findUser(app.get(UsersRepository), name);
    const user = await app.get(UsersService).setRights(ACTOR, publicId, rights, COMMAND_LINE);
    show(options, user, `${user.name} ${done}`);
  });
}

async function handCode(
  name: string,
  code: (typeof CODES)[keyof typeof CODES],
  options: Options,
): Promise<void> {
  await withServices(async app => {
    const { publicId } = await findUser(app.get(UsersRepository), name);
    const made = await app.get(CodesService).create(ACTOR, code.purpose, publicId, COMMAND_LINE);
    show(options, made, `${made.code}\nfor ${code.for}, until ${made.expires_at}`);
  });
}
