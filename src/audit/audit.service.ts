import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import type { Transaction } from '../database/database.types.js';
import { Pages } from '../lists/pages.js';
import type { Origin } from '../http/origin.js';
import type { PageQuery } from '../lists/pages.js';
import { rfc3339 } from '../http/time.js';
import type { EventListResponse, EventResponse } from './audit.dto.js';
import { EventsRepository } from './events.repository.js';
import type { EventRow } from './events.repository.js';

/** What a feature tells of a security event. `detail` must hold no secret, password, token or typed name. */
export interface SecurityEvent {
  action: string;
  actor?: string;
  subject?: string;
  origin: Origin;
  detail?: Readonly<Record<string, string | number | boolean>>;
}

const SWEEP_MS = 60 * 60 * 1000;

/** The record of security events, written in the transaction of the change itself. */
@Injectable()
export class AuditService implements OnApplicationBootstrap, OnApplicationShutdown {
  #sweeper?: NodeJS.Timeout;

  constructor(
    private readonly events: EventsRepository,
    private readonly pages: Pages,
    @InjectConfig() private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.#sweeper = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#sweeper);
  }

  async record(tx: Transaction, event: SecurityEvent): Promise<void> {
    const { requestId } = event.origin;
    await this.events.insert(tx, {
      at: Date.now(),
      action: event.action,
      actor: event.actor ?? null,
      subject: event.subject ?? null,
      address: event.origin.address,
      detail: JSON.stringify({ ...event.detail, ...(requestId && { request_id: requestId }) }),
    });
  }

  /** A page of all events, newest first. */
  list(query: PageQuery): Promise<EventListResponse> {
    return this.#page(undefined, query);
  }

  /** A page of what a user did and of what was done to their account, newest first. */
  listOf(publicId: string, query: PageQuery): Promise<EventListResponse> {
    return this.#page(publicId, query);
  }

  /** Deletes what is older than AUDIT_RETENTION. */
  async sweep(): Promise<void> {
    const until = Date.now() - this.config.auditRetention;
    while ((await this.events.deleteOlder(until)) > 0) {
      // Each turn is a short write of its own, so that others get in between.
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

function toResponse(event: EventRow): EventResponse {
  return {
    id: event.id,
    at: rfc3339(event.at),
    action: event.action,
    actor: event.actor,
    subject: event.subject,
    address: event.address,
    detail: JSON.parse(event.detail) as Record<string, unknown>,
  };
}
