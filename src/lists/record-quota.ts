import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { VARIABLES } from '../config/variables.js';
import { Database } from '../database/database.js';
import { RowQuota } from '../database/row-quota.js';
import type { Resource } from './resource.js';

/** Bounds the records of each owner in each resource. */
@Injectable()
export class RecordQuota {
  readonly #quotas = new Map<string, RowQuota>();

  constructor(
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  of({ table }: Resource): RowQuota {
    const { name } = VARIABLES.maxRecordsPerUser;
    const limit = this.config.maxRecordsPerUser;
    let quota = this.#quotas.get(table);
    if (quota === undefined) {
      quota = new RowQuota(name, limit, (owner, wanted) => this.#count(table, owner, wanted));
      this.#quotas.set(table, quota);
    }
    return quota;
  }

  /** The range of an owner's ids bounds their number in no time: only if it does not fit, we count. */
  async #count(table: string, ownerId: number, wanted: number): Promise<number> {
    const limit = this.config.maxRecordsPerUser;
    const range = `SELECT 1 + (SELECT max(id) FROM ${table} WHERE owner_id = $1)
  - (SELECT min(id) FROM ${table} WHERE owner_id = $1) AS n`;
    const most = (await this.database.get<{ n: number | null }>(range, [ownerId]))?.n ?? 0;
    if (most + wanted <= limit) {
      return most;
    }
    const exact = `SELECT count(*) AS n FROM
  (SELECT 1 FROM ${table} WHERE owner_id = $1 ORDER BY id LIMIT $2) AS counted`;
    const [row] = await this.database.allLong<{ n: number }>(exact, [ownerId, limit], ownerId);
    return row.n;
  }
}
