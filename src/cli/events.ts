import { AuditModule } from '../audit/audit.module.js';
import { AuditService } from '../audit/audit.service.js';
import type { EventResponse } from '../audit/audit.dto.js';
import { UsersModule } from '../users/users.module.js';
import { UsersRepository } from '../users/users.repository.js';
import { findUser } from './find-user.js';
import { show } from './output.js';
import { withServices } from './services.js';

interface Options {
  user?: string;
  action?: string;
  since?: number;
  limit: number;
}

const PAGE = 500;
/** Processes with different clocks may store events out of order by this much (milliseconds). */
const DISORDER_MS = 60_000;

/** `events`: newest first. */
export async function list(options: Options): Promise<void> {
  await withServices([UsersModule, AuditModule], async app => {
    const { user } = options;
    const of = user === undefined ? undefined : await findUser(app.get(UsersRepository), user);
    let left = options.limit;
    for await (const event of matching(app.get(AuditService), of?.publicId, options)) {
      show(event, lineOf(event));
      left -= 1;
      if (left === 0) {
        break;
      }
    }
  });
}

async function* matching(
  audit: AuditService,
  of: string | undefined,
  { action, since = 0 }: Options,
): AsyncGenerator<EventResponse> {
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE, cursor };
    const page = await (of === undefined ? audit.list(query) : audit.listOf(of, query));
    for (const event of page.events) {
      const at = Date.parse(event.at);
      if (at < since - DISORDER_MS) {
        return;
      }
      if (at >= since && (action === undefined || event.action === action)) {
        yield event;
      }
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

function lineOf({ at, action, actor, subject, address, detail }: EventResponse): string {
  const about = subject === null || subject === actor ? [] : [`about ${subject}`];
  const more = Object.keys(detail).length > 0 ? [JSON.stringify(detail)] : [];
  return [
    at,
    action.padEnd(22),
    `by ${actor ?? 'unknown'}`,
    ...about,
    `from ${address}`,
    ...more,
  ].join('  ');
}
