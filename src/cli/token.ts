import { AuthModule } from '../auth/auth.module.js';
import { NewPersonalTokenRequest } from '../auth/tokens/personal-tokens.dto.js';
import { PersonalTokensService } from '../auth/tokens/personal-tokens.service.js';
import { COMMAND_LINE } from '../http/origin.js';
import { StrictValidationPipe } from '../http/validation.pipe.js';
import { Problem } from '../problems/problem.js';
import { UsersRepository } from '../users/users.repository.js';
import { findUser } from './find-user.js';
import { ACTOR } from './operator.js';
import { CommandError, show } from './output.js';
import { withServices } from './services.js';

interface Options {
  user: string;
  scope: string[];
  name: string;
  expiresInDays?: string;
}

/** `token create --user NAME --scope SCOPE` */
export async function create(options: Options): Promise<void> {
  const request = await requestOf(options);
  await withServices([AuthModule], async app => {
    const user = await findUser(app.get(UsersRepository), options.user);
    const named = JSON.stringify(user.name);
    if (user.disabled) {
      throw new CommandError(`${named} is disabled: no token would work`);
    }
    const tokens = app.get(PersonalTokensService);
    const made = await tokens.createFor(user, request, ACTOR, COMMAND_LINE).catch(error => {
      throw error instanceof Problem && error.code === 'admin_required'
        ? new CommandError(`${named} is not an admin, as one of these scopes requires`, error.code)
        : error;
    });
    show({ ...made, user: user.name }, made.token);
  });
}

/** By the rules of `POST /tokens`. */
async function requestOf({ scope, name, expiresInDays: days }: Options) {
  const isNumber = days !== undefined && /^\d+$/.test(days);
  const request = { name, scopes: scope, expires_in_days: isNumber ? Number(days) : days };
  const body = { type: 'body', metatype: NewPersonalTokenRequest } as const;
  return (await new StrictValidationPipe().transform(request, body)) as NewPersonalTokenRequest;
}
