import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database } from '../database/database.js';
import { Pages } from '../lists/pages.js';
import type { PageQuery } from '../lists/pages.js';
import { networkOf } from '../http/network.js';
import { rfc3339 } from '../http/time.js';
import { METRICS } from '../metrics/metrics.js';
import type { EventListResponse, EventResponse } from './audit.dto.js';
import type { Event } from './event.entity.js';
import { EventsRepository } from './events.repository.js';
import { SECURITY_ACTIONS } from './security-events.js';
import type { SecurityAction, SecurityEvent } from './security-events.js';

const HOUR_MS = 60 * 60 * 1000;
const SWEEP_MS = HOUR_MS;

const BACKUP: SecurityAction = 'backup.made';

const LOGIN_RESULTS: Partial<Record<SecurityAction, string>> = {
  'login.succeeded': 'succeeded',
  'login.failed': 'failed',
  'login.throttled': 'throttled',
};

/** Records security events in the transaction of the change itself, and logs and counts them after its commit. */
@Injectable()
export class AuditService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger(AuditService.name);
  #sweeper?: NodeJS.Timeout;

  constructor(
    private readonly events: EventsRepository,
    private readonly database: Database,
    private readonly pages: Pages,
    @InjectConfig() private readonly config: Config,
  ) {
    // Prometheus sees no increase in a series that begins with 1.
    SECURITY_ACTIONS.forEach(event => METRICS.securityEvents.inc({ event }, 0));
    METRICS.lastBackup.of(events, async each => ((await each.lastAt(BACKUP)) ?? 0) / 1000);
  }

  onApplicationBootstrap(): void {
    this.#sweeper = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#sweeper);
  }

  /** Call it in the unit of work of the change: outside of one it throws DatabaseUseError. */
  async record(event: SecurityEvent): Promise<void> {
    const { requestId, address } = event.origin;
    const at = Date.now();
    const { action, actor, subject, detail } = event;
    // Strangers cannot bury a user's list: what they do again within the hour only counts.
    const hour = Math.floor(at / HOUR_MS);
    const series = JSON.stringify([action, subject, networkOf(address), hour, detail]);
    await this.events.insert({
      at,
      action,
      actor: actor ?? null,
      subject: subject ?? null,
      address,
      detail: JSON.stringify({ ...detail, ...(requestId && { request_id: requestId }) }),
      series: actor === undefined ? series : null,
    });
    this.database.afterCommit(() => this.announce(event));
  }

  /** Logs and counts an event. Call it alone only for what strangers could fill the database with. */
  announce({ action: event, actor, subject, origin, detail }: SecurityEvent): void {
    const { address, requestId: request_id } = origin;
    METRICS.securityEvents.inc({ event });
    if (event in LOGIN_RESULTS) {
      const lane = String(detail?.lane ?? 'none');
      METRICS.logins.inc({ result: LOGIN_RESULTS[event] as string, lane });
    }
    const fields = { event, actor, subject, address, request_id, detail };
    this.#log.log({ msg: 'security event', ...fields });
  }

  /** A page of all events, newest first. */
  list(query: PageQuery): Promise<EventListResponse> {
    return this.#page(undefined, query);
  }

  /** A page of what a user did and of changes to their account, newest first. */
  listOf(publicId: string, query: PageQuery): Promise<EventListResponse> {
    return this.#page(publicId, query);
  }

  /** Deletes what is older than AUDIT_RETENTION. */
  async sweep(): Promise<void> {
    const until = Date.now() - this.config.auditRetention;
    while ((await this.events.deleteOlder(until)) > 0) {
      // Each turn is a separate short write, so that other writes get in between.
    }
  }

  async #page(of: string | undefined, query: PageQuery): Promise<EventListResponse> {
    const { items, next_cursor } = await this.pages.page(
      `events ${of ?? ''}`,
      query,
      (after, limit) =>
        this.events.findPage(of, Number(after?.[0] ?? Number.MAX_SAFE_INTEGER), limit),
      ({ id }) => [id],
    );
    return { events: items.map(toResponse), next_cursor };
  }
}

function toResponse(event: Event): EventResponse {
  return {
    id: event.id,
    at: rfc3339(event.at),
    action: event.action,
    actor: event.actor,
    subject: event.subject,
    address: event.address,
    detail: {
      ...(JSON.parse(event.detail) as Record<string, unknown>),
      ...(event.lastAt !== null && { count: event.count, last_at: rfc3339(event.lastAt) }),
    },
  };
}
