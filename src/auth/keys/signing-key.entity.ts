import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What a key is for: `signing` access tokens, the `pepper` of passwords, or keyed digests of the `server`
 * (throttle names, cursors).
 */
export const KEY_PURPOSES = ['signing', 'pepper', 'server'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

export type SigningAlgorithm = 'HS256' | 'ES256';

/** A key, sealed under SECRET_KEY. One key of each purpose is current: the one that is not retired. */
@Entity('signing_keys')
@Check('signing_keys_kid_length', 'length("kid") BETWEEN 1 AND 64')
@Check('signing_keys_purpose_length', 'length("purpose") BETWEEN 1 AND 16')
@Check('signing_keys_algorithm_length', 'length("algorithm") BETWEEN 1 AND 16')
@Check('signing_keys_sealed_length', 'length("sealed") BETWEEN 1 AND 1024')
@Index('signing_keys_current', ['purpose'], { unique: true, where: '"retired_at" IS NULL' })
export class SigningKey {
  @PrimaryColumn({ type: 'text', name: 'kid' })
  kid: string;

  @Column({ type: 'text', name: 'purpose' })
  purpose: KeyPurpose;

  /** Of a signing key; null for the other purposes. */
  @Column({ type: 'text', name: 'algorithm', nullable: true })
  algorithm: SigningAlgorithm | null;

  /** See SecretBox. */
  @Column({ type: 'text', name: 'sealed' })
  sealed: string;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  /** When another key took its place; null while it is current. */
  @Column({ type: 'bigint', name: 'retired_at', nullable: true })
  retiredAt: number | null;

  /** When the last token that it signed has ended; null for a current key and for a pepper. */
  @Column({ type: 'bigint', name: 'verify_until', nullable: true })
  verifyUntil: number | null;
}
