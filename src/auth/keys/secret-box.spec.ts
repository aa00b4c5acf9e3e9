import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretBox } from './secret-box.js';

const secret = randomBytes(32);

describe('SecretBox', () => {
  const box = new SecretBox(secret);
  const plain = randomBytes(32);

  it('should open what it sealed, also after a restart', () => {
    const sealed = box.seal(plain, 'label');
    expect(new SecretBox(Buffer.from(secret)).open(sealed, 'label')).toEqual(plain);
  });

  it('should seal the same secret differently each time and never show it', () => {
    const sealed = box.seal(plain, 'label');
    expect(box.seal(plain, 'label')).not.toBe(sealed);
    expect(Buffer.from(sealed.slice(3), 'base64url').includes(plain)).toBe(false);
  });

  it('should not open under another secret or another label', () => {
    const sealed = box.seal(plain, 'label');
    expect(new SecretBox(randomBytes(32)).open(sealed, 'label')).toBeUndefined();
    expect(box.open(sealed, 'other')).toBeUndefined();
  });

  it('should not open a text in which any byte was changed or that was cut', () => {
    const whole = Buffer.from(box.seal(plain, 'label').slice(3), 'base64url');
    for (let i = 0; i < whole.length; i++) {
      const changed = Buffer.from(whole);
      changed[i] ^= 1;
      expect(box.open(`v1.${changed.toString('base64url')}`, 'label')).toBeUndefined();
      expect(box.open(`v1.${whole.toString('base64url', 0, i)}`, 'label')).toBeUndefined();
    }
  });

  it.each(['', 'v1', 'v1.', 'v2.', '.', 'v1..', 'nonsense'])('should not open %j', text => {
    expect(box.open(text, 'label')).toBeUndefined();
  });
});
