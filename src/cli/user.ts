import type { INestApplicationContext } from '@nestjs/common';
import { CodesModule } from '../auth/codes/codes.module.js';
import { CodesService } from '../auth/codes/codes.service.js';
import { AUTHORS } from '../authors/author.members.js';
import { COMMAND_LINE } from '../http/origin.js';
import { Lists } from '../lists/lists.js';
import { RemovedAccounts } from '../users/removed-accounts.js';
import type { UserResponse, UserRightsRequest } from '../users/users.dto.js';
import { UsersModule } from '../users/users.module.js';
import { UsersRepository } from '../users/users.repository.js';
import { UsersService } from '../users/users.service.js';
import { findUser } from './find-user.js';
import { ACTOR, OPERATOR } from './operator.js';
import { show } from './output.js';
import { progressBar } from './progress-bar.js';
import { withServices } from './services.js';

const PAGE = 500;
/** The time between two looks at how much is left. */
const DRAW_MS = 500;

/** What each command changes, and its sentence. */
const RIGHTS = {
  promote: { rights: { admin: true }, done: 'is an admin now' },
  demote: { rights: { admin: false }, done: 'is no longer an admin' },
  disable: { rights: { disabled: true }, done: 'is disabled; all their tokens are revoked' },
  enable: { rights: { disabled: false }, done: 'is enabled' },
} as const satisfies Record<string, { rights: UserRightsRequest; done: string }>;

/** The one-time codes, and what each is for. */
const CODES = {
  password: { purpose: 'reset', for: 'a new password (POST /password-reset)' },
  ticket: { purpose: 'login', for: 'one login from anywhere (X-Login-Ticket)' },
} as const;

/** `user list` */
export async function list(): Promise<void> {
  await withServices([UsersModule], async app => {
    const users: UserResponse[] = [];
    let cursor: string | undefined;
    do {
      const page = await app.get(UsersService).list(OPERATOR, { limit: PAGE, cursor });
      users.push(...page.users);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    const lines = users.map(({ public_id, created_at, name, ...rights }) =>
      [public_id, created_at, stateOf(rights).padEnd(15), name].join('  '),
    );
    show({ users }, lines.join('\n'));
  });
}

/** `user show NAME` */
export async function showUser(name: string): Promise<void> {
  await withServices([UsersModule], async app => {
    const { publicId } = await findUser(app.get(UsersRepository), name);
    const user = await app.get(UsersService).find(OPERATOR, publicId);
    const lines = Object.entries(user).map(([field, value]) => `${field.padEnd(10)}  ${value}`);
    show(user, lines.join('\n'));
  });
}

/** `user remove NAME`: returns when the data is gone, too. */
export async function remove(typed: string): Promise<void> {
  await withServices([UsersModule], async app => {
    const { id, publicId, name } = await findUser(app.get(UsersRepository), typed);
    await app.get(UsersService).remove(ACTOR, publicId, COMMAND_LINE);
    await withProgress(app, id, () => app.get(RemovedAccounts).sweep());
    show({ public_id: publicId, name, removed: true }, `removed ${name} and all their data`);
  });
}

/** Counts the records that are left, while `work` deletes them. */
async function withProgress(app: INestApplicationContext, id: number, work: () => Promise<void>) {
  const bar = progressBar();
  const left = (): Promise<number> => app.get(Lists).count(AUTHORS, id);
  const total = bar.isShown ? await left() : 0;
  const draw = async (): Promise<void> => bar.draw(total - (await left()), total);
  const timer = bar.isShown
    ? setInterval(() => void draw().catch(() => undefined), DRAW_MS)
    : undefined;
  try {
    await work();
  } finally {
    clearInterval(timer);
    bar.clear();
  }
}

/** `user promote|demote|disable|enable NAME` */
export function setRights(verb: keyof typeof RIGHTS) {
  const { rights, done } = RIGHTS[verb];
  return (name: string): Promise<void> =>
    withServices([UsersModule], async app => {
      const { publicId } = await findUser(app.get(UsersRepository), name);
      const user = await app.get(UsersService).setRights(ACTOR, publicId, rights, COMMAND_LINE);
      show(user, `${user.name} ${done}`);
    });
}

/** `user password|ticket NAME` */
export function createCode(verb: keyof typeof CODES) {
  const { purpose, for: use } = CODES[verb];
  return (name: string): Promise<void> =>
    withServices([UsersModule, CodesModule], async app => {
      const { publicId } = await findUser(app.get(UsersRepository), name);
      const made = await app.get(CodesService).create(ACTOR, purpose, publicId, COMMAND_LINE);
      show(made, `${made.code}\nfor ${use}, until ${made.expires_at}`);
    });
}

function stateOf({ admin, disabled }: Pick<UserResponse, 'admin' | 'disabled'>): string {
  const states = [...(admin ? ['admin'] : []), ...(disabled ? ['disabled'] : [])];
  return states.join(', ') || '-';
}
