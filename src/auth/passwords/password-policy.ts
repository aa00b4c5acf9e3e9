import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { isTooLong } from '../../http/field-bounds.js';
import { passwordRefused } from '../auth.errors.js';
import { isCommonPassword } from './common-passwords.js';

const DEFAULT_MIN_LENGTH = 8;
export const MAX_LENGTH = 256;
/** HTTP Basic cannot carry control characters (RFC 7617, 2), so a password with one could never log in. */
const NOT_IN_BASIC = /[\p{Cc}\p{Cs}]/u;

/** Words that attackers of this service try first (OWASP ASVS 5.0, 6.1.2); docs/security.md lists them too. */
const WORDS_OF_THE_PRODUCT =
  /^(?:library|api|authors?|books?|booker|prize|records?|accounts?|users?|admin|login|password|my|the|and)+$/;

/**
 * The fault of a new password, to follow "the password", or undefined (NIST SP 800-63B: length, common passwords,
 * words of the service; no composition rules). Length counts the code points of the NFC form.
 * @param name the user's name, which the password must not be
 * @param minLength PASSWORD_MIN_LENGTH
 */
export function passwordFault(
  password: string,
  name: string,
  minLength: number = DEFAULT_MIN_LENGTH,
): string | undefined {
  if (isTooLong(password, MAX_LENGTH)) {
    return `must have at most ${MAX_LENGTH} characters`;
  }
  const { length } = [...password.normalize('NFC')];
  if (length < minLength) {
    return `must have at least ${minLength} characters`;
  }
  if (length > MAX_LENGTH) {
    return `must have at most ${MAX_LENGTH} characters`;
  }
  if (NOT_IN_BASIC.test(password)) {
    return 'must not contain control characters or lone surrogates';
  }
  if (fold(password) === fold(name)) {
    return 'must not be the name';
  }
  if (isCommonPassword(password)) {
    return 'must not be one of the most common passwords, or such a one with digits or punctuation around it';
  }
  return WORDS_OF_THE_PRODUCT.test(fold(password).replace(/[^\p{L}]/gu, ''))
    ? 'must not be made of words of this service alone, such as library, author and book'
    : undefined;
}

/** The rules for new passwords with the configured length. */
@Injectable()
export class PasswordPolicy {
  constructor(@InjectConfig() private readonly config: Pick<Config, 'passwordMinLength'>) {}

  /** Throws `validation_failed` for the field if `passwordFault` finds a fault. */
  check(password: string, name: string, field: 'password' | 'new_password'): void {
    const fault = passwordFault(password, name, this.config.passwordMinLength);
    if (fault !== undefined) {
      throw passwordRefused(fault, field);
    }
  }
}

function fold(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}
