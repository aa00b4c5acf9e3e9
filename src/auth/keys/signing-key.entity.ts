import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `signing`: access tokens. `pepper`: passwords. `server`: keyed digests, refresh tokens and cursors. */
export const KEY_PURPOSES = ['signing', 'pepper', 'server'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

export type SigningAlgorithm = 'HS256' | 'ES256';

/** A key, sealed under SECRET_KEY. Each purpose has one current key, which is not retired. */
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

  /** Null unless the key signs. */
  @Column({ type: 'text', name: 'algorithm', nullable: true })
  algorithm: SigningAlgorithm | null;

  /** See SecretBox. */
  @Column({ type: 'text', name: 'sealed' })
  sealed: string;

  @Column({ type: 'bigint', name: 'created_at' })
  createdAt: number;

  /** When another key replaced it; null while it is current. */
  @Column({ type: 'bigint', name: 'retired_at', nullable: true })
  retiredAt: number | null;

  /** When the last token that it signed expires; null for a current key and for a pepper. */
  @Column({ type: 'bigint', name: 'verify_until', nullable: true })
  verifyUntil: number | null;
}
