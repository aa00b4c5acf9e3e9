import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../database/database.js';
import { uniqueKey } from '../text/fold.js';
import { PUBLISHERS } from './publisher.members.js';
import type { PublisherFields, PublisherRow } from './publisher.members.js';
import { Publisher } from './publisher.entity.js';

@Injectable()
export class PublishersRepository {
  constructor(
    @InjectRepository(Publisher) private readonly publishers: Repository<Publisher>,
    private readonly database: Database,
  ) {}

  /** Undefined if the owner has a publisher of this name already: the unique index decides. */
  insert(ownerId: number, { name, city }: PublisherFields): Promise<PublisherRow | undefined> {
    const sql = `INSERT INTO publishers (owner_id, name, city, name_key) VALUES ($1, $2, $3, $4)
      ON CONFLICT (owner_id, name_key) DO NOTHING RETURNING ${PUBLISHERS.columns}`;
    return this.database.write(tx => tx.get(sql, [ownerId, name, city, uniqueKey(name)]));
  }

  find(ownerId: number, id: number): Promise<PublisherRow | null> {
    return this.publishers.findOneBy({ ownerId, id });
  }

  async delete(ownerId: number, id: number): Promise<boolean> {
    const remove = () => this.publishers.delete({ ownerId, id });
    return (await this.database.write(remove)).affected === 1;
  }
}
