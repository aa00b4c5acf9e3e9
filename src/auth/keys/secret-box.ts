import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Separates this use of the secret from any other; change it together with VERSION. */
const CONTEXT = 'library-api signing_keys v1';

/**
 * Encrypts small secrets for the database under a key derived from SECRET_KEY (HKDF-SHA-256, RFC 5869; AES-256-GCM,
 * NIST SP 800-38D, with a random 96-bit IV). A sealed text is `v1.` and the base64url of IV, tag and ciphertext.
 */
export class SecretBox {
  readonly #key: Buffer;

  /** @param secret 32 bytes or more */
  constructor(secret: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), CONTEXT, 32));
  }

  /** @param label names the secret; it opens only with the same label */
  seal(plain: Buffer, label: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(label, 'utf8'));
    const text = Buffer.concat([cipher.update(plain), cipher.final()]);
    const whole = Buffer.concat([iv, cipher.getAuthTag(), text]);
    return `${VERSION}.${whole.toString('base64url')}`;
  }

  /** The secret; undefined if it was sealed under another key or label, or was changed. */
  open(sealed: string, label: string): Buffer | undefined {
    const [version, encoded = '', ...rest] = sealed.split('.');
    const whole = Buffer.from(encoded, 'base64url');
    if (version !== VERSION || rest.length > 0 || whole.length < IV_BYTES + TAG_BYTES) {
      return undefined;
    }
    const iv = whole.subarray(0, IV_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(label, 'utf8'));
    decipher.setAuthTag(whole.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const text = decipher.update(whole.subarray(IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]);
    } catch {
      return undefined;
    }
  }
}
