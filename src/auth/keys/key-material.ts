import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { KeyPurpose, SigningAlgorithm } from './signing-key.entity.js';

/** A public key in the format of RFC 7517 and RFC 7518, section 6.2. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

export interface KeyPair {
  /** Signs or makes digests: the secret, or the private key of ES256. */
  readonly signs: KeyObject;
  /** Verifies: the same secret, or the public key of ES256. */
  readonly verifies: KeyObject;
}

const SECRET_BYTES = 32;
const KID_BYTES = 16;
const KID = /^[\w-]{22}$/;

export function newKid(): string {
  return randomBytes(KID_BYTES).toString('base64url');
}

/** Whether a text has the form of a key id; no other text is looked up. */
export function isKid(text: string): boolean {
  return KID.test(text);
}

/** The label that a sealed key is bound to, so that rows cannot be swapped. */
export function labelOf(kid: string, purpose: KeyPurpose, algorithm: string | null): string {
  return JSON.stringify([kid, purpose, algorithm]);
}

/** New key material: 32 random bytes (RFC 7518, section 3.2), or a P-256 private key as PKCS #8. */
export function newMaterial(algorithm: SigningAlgorithm | null): Buffer {
  if (algorithm !== 'ES256') {
    return randomBytes(SECRET_BYTES);
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}

export function toKeyPair(algorithm: SigningAlgorithm | null, material: Buffer): KeyPair {
  if (algorithm !== 'ES256') {
    const secret = createSecretKey(material);
    return { signs: secret, verifies: secret };
  }
  const signs = createPrivateKey({ key: material, format: 'der', type: 'pkcs8' });
  return { signs, verifies: createPublicKey(signs) };
}

/** @param key the public key of an ES256 pair */
export function toPublicJwk(kid: string, key: KeyObject): PublicJwk {
  const { x, y } = key.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x as string, y: y as string, kid, alg: 'ES256', use: 'sig' };
}
