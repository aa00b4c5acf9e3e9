import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  Unique,
} from 'typeorm';
import { User } from '../users/user.entity.js';

/** A record of an author and a book, which belongs to one user. */
@Entity('authors')
@Unique('authors_name_book', ['ownerId', 'nameKey', 'bookKey'])
// One index for each order that a list can have, so that a page costs the same wherever it lies.
@Index('authors_by_id', ['ownerId', 'id'])
@Index('authors_by_name', ['ownerId', 'nameSort', 'id'])
@Index('authors_by_book', ['ownerId', 'bookSort', 'id'])
@Index('authors_by_country', ['ownerId', 'countrySort', 'id'])
@Index('authors_by_booker_prize', ['ownerId', 'bookerPrize', 'id'])
@Index('authors_by_created_at', ['ownerId', 'createdAt', 'id'])
@Index('authors_by_updated_at', ['ownerId', 'updatedAt', 'id'])
@Check('authors_name_length', 'length("name") BETWEEN 1 AND 150')
@Check('authors_book_length', 'length("book") BETWEEN 1 AND 300')
@Check('authors_country_length', 'length("country") BETWEEN 0 AND 100')
export class Author {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id: number;

  @Column({ type: 'bigint', name: 'owner_id' })
  ownerId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'authors_owner_id' })
  owner?: User;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  book: string;

  @Column({ type: 'text' })
  country: string;

  @Column({ type: 'boolean', name: 'booker_prize', default: false })
  bookerPrize: boolean;

  /** Counts the changes, from 1. */
  @Column({ type: 'bigint' })
  version: number;

  /** Epoch milliseconds, as is `updatedAt`. */
  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  @Column({ type: 'bigint', name: 'updated_at' })
  updatedAt: number;

  /** Name, book and country without case and accents, by which lists sort. */
  @Column({ type: 'text', name: 'name_sort' })
  nameSort: string;

  @Column({ type: 'text', name: 'book_sort' })
  bookSort: string;

  @Column({ type: 'text', name: 'country_sort' })
  countrySort: string;

  /** Name and book folded for comparison, so that both databases agree on what is the same record. */
  @Column({ type: 'text', name: 'name_key' })
  nameKey: string;

  @Column({ type: 'text', name: 'book_key' })
  bookKey: string;

  /** What a search finds it by: the words of name, book and country, each marked with the owner. */
  @Column({ type: 'text' })
  words: string;
}
