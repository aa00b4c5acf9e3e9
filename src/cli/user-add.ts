import { RegistrationService } from '../auth/accounts/registration.service.js';
import { AuthModule } from '../auth/auth.module.js';
import { COMMAND_LINE } from '../http/origin.js';
import { ACTOR } from './operator.js';
import { show } from './output.js';
import { withServices } from './services.js';

/** `user add NAME`: also creates the database if there is none. */
export async function addUser(name: string, password: string, admin = false): Promise<void> {
  const add = async (registration: RegistrationService): Promise<void> => {
    const user = await registration.add({ name, password, admin }, ACTOR, COMMAND_LINE);
    const result = { public_id: user.publicId, name: user.name, admin: user.admin };
    show(result, `added ${user.name}`);
  };
  await withServices([AuthModule], app => add(app.get(RegistrationService)), { creates: true });
}
