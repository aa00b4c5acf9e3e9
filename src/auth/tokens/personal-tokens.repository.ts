import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThanOrEqual } from 'typeorm';
import type { Repository } from 'typeorm';
import { Database } from '../../database/database.js';
import type { Principal, Scope } from '../../http/principal.js';
import { isStorable } from '../../http/text.js';
import { PersonalToken } from './personal-token.entity.js';

/** SQL on the hot path only (ADR 7). */
@Injectable()
export class PersonalTokensRepository {
  constructor(
    @InjectRepository(PersonalToken) private readonly tokens: Repository<PersonalToken>,
    private readonly database: Database,
  ) {}

  /** The user of a live token, with its scopes: one indexed statement, on every request. */
  async findPrincipal(
    hash: string,
    now: number,
  ): Promise<{ tokenId: string; principal: Principal } | undefined> {
    const row = await this.database.get<
      Omit<Principal, 'scopes'> & { tokenId: string; scopes: string }
    >(
      `SELECT t.id AS "tokenId", t.scopes, u.id AS "userId", u.public_id AS "publicId", u.name, u.admin
       FROM personal_tokens t JOIN users u ON u.id = t.user_id
       WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)
         AND t.created_at >= u.tokens_valid_from AND NOT u.disabled`,
      [hash, now],
    );
    if (row === undefined) {
      return undefined;
    }
    // Named one by one: V8 gives a spread of the driver's row no fast shape.
    const { tokenId, userId, publicId, name, admin, scopes } = row;
    return {
      tokenId,
      principal: {
        userId,
        publicId,
        name,
        admin: Boolean(admin),
        scopes: scopes.split(' ') as Scope[],
      },
    };
  }

  /**
   * Stores a token, and deletes the user's expired ones; false if the user then has `limit` tokens.
   * Call it while the user's row is locked, so that two requests cannot count the same tokens.
   */
  async insert(token: Omit<PersonalToken, 'user'>, limit: number): Promise<boolean> {
    const { userId, createdAt } = token;
    await this.tokens.delete({ userId, expiresAt: LessThanOrEqual(createdAt) });
    if ((await this.tokens.countBy({ userId })) >= limit) {
      return false;
    }
    await this.tokens.insert(token);
    return true;
  }

  /** The user's live tokens, newest first. */
  findLive(userId: number, now: number): Promise<PersonalToken[]> {
    return this.tokens
      .createQueryBuilder('t')
      .innerJoin('t.user', 'u')
      .where('t.userId = :userId AND (t.expiresAt IS NULL OR t.expiresAt > :now)', { userId, now })
      .andWhere('t.createdAt >= u.tokensValidFrom')
      .orderBy({ 't.createdAt': 'DESC', 't.id': 'ASC' })
      .getMany();
  }

  async delete(userId: number, id: string): Promise<boolean> {
    return isStorable(id) && (await this.tokens.delete({ id, userId })).affected === 1;
  }

  async deleteAll(userId: number): Promise<void> {
    await this.tokens.delete({ userId });
  }
}
