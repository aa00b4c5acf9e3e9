import { Injectable } from '@nestjs/common';
import type { Principal } from '../http/principal.js';
import { parseId } from '../http/strict-query.js';
import type { ListQuery } from '../lists/list-query.js';
import { Lists } from '../lists/lists.js';
import { found } from '../problems/found.js';
import { PUBLISHERS } from './publisher.members.js';
import type {
  PublisherListResponse,
  PublisherRequest,
  PublisherResponse,
} from './publishers.dto.js';
import { publisherExists, publisherNotFound } from './publishers.errors.js';
import { PublishersRepository } from './publishers.repository.js';

/** Each user's own publishers. */
@Injectable()
export class PublishersService {
  constructor(
    private readonly publishers: PublishersRepository,
    private readonly lists: Lists,
  ) {}

  /** Throws `publisher_exists`. */
  async create({ userId }: Principal, body: PublisherRequest): Promise<PublisherResponse> {
    const row = await this.publishers.insert(userId, PUBLISHERS.toWritten(body));
    return PUBLISHERS.toRecord(found(row, publisherExists));
  }

  async list({ userId }: Principal, query: ListQuery): Promise<PublisherListResponse> {
    const { items, ...page } = await this.lists.page(PUBLISHERS, userId, query);
    return { publishers: items, ...page };
  }

  /** Throws `publisher_not_found`. */
  async find({ userId }: Principal, id: string): Promise<PublisherResponse> {
    const row = await this.publishers.find(userId, toId(id));
    return PUBLISHERS.toRecord(found(row, publisherNotFound));
  }

  /** Throws `publisher_not_found`. */
  async delete({ userId }: Principal, id: string): Promise<void> {
    if (!(await this.publishers.delete(userId, toId(id)))) {
      throw publisherNotFound();
    }
  }
}

const toId = (text: string): number => found(parseId(text), publisherNotFound);
