import { dictionary } from '@zxcvbn-ts/language-common';
import { describe, expect, it } from 'vitest';
import { PasswordPolicy, passwordFault } from './password-policy.js';

const fault = (password: string, name = 'somebody'): string | undefined =>
  passwordFault(password, name);

describe('passwordFault', () => {
  it.each([
    ['15 emoji', '😀🎈🐙🍕🚲🎻🌵🦊⛵🧦🪁🏔🎲🥝🚀'],
    ['8 characters', 'zk;q8vRt'],
    ['8 emoji, 16 code units', '🎈🐙🍕🚲🎻🌵🦊🧦'],
    ['256 characters', 'correct horse 7 '.repeat(16)],
    ['256 characters of four bytes', '🦊'.repeat(256)],
    ['256 characters once composed', 'e\u0301'.repeat(256)],
    ['a sentence', 'my dog ate the third sandwich'],
    ['spaces around it', '  zk;q8v  '],
    ['colons', 'a:b:c:d:e:f'],
    ['a common word and more than as much again', 'monkey-8261750394'],
    ['digits that no one types', '8261750394817'],
  ])('should take %s', (_, password) => {
    expect(fault(password)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['7 characters', 'zk;q8vR'],
    ['7 emoji, 14 code units', '🎈🐙🍕🚲🎻🌵🦊'],
    ['7 characters once composed', 'e\u0301'.repeat(7)],
  ])('should refuse %s as too short', (_, password) => {
    expect(fault(password)).toBe('must have at least 8 characters');
  });

  it.each([
    ['257 characters', 'x;'.repeat(128) + 'y'],
    ['a megabyte', 'x;'.repeat(500_000)],
  ])('should refuse %s as too long, and cut nothing', (_, password) => {
    expect(fault(password)).toBe('must have at most 256 characters');
  });

  it('should take the configured length', () => {
    const policy = new PasswordPolicy({ passwordMinLength: 15 });
    const check = (password: string): void => policy.check(password, 'n', 'password');
    const detail = 'password must have at least 15 characters';
    expect(() => check('zk;q8vRt-14-ch')).toThrow(expect.objectContaining({ detail }));
    expect(() => check('zk;q8vRt-15-chr')).not.toThrow();
  });

  it.each([
    'zk;q\0v8Rt',
    'zk;q\tv8Rt',
    'zk;q8vRt\n',
    '\rzk;q8vRt',
    'zk;q\x1bv8Rt',
    'zk;q\x7fv8Rt',
    'zk;q\x85v8Rt',
    'zk;q8vRt\ud800',
    '\udc00zk;q8vRt',
  ])('should refuse %j', password => {
    expect(fault(password)).toMatch(/control characters/);
  });

  it.each([
    ['Wilhelmina', 'wilhelmina'],
    ['ＷＩＬＨＥＬＭＩＮＡ', 'wilhelmina'],
    [' wilhelmina ', 'Wilhelmina'],
    ['Jürgen-Öz', 'ju\u0308rgen-o\u0308z'],
  ])('should refuse the name: %s', (password, name) => {
    expect(fault(password, name)).toBe('must not be the name');
  });

  it.each([
    ...[
      'password',
      'PASSWORD',
      'Password1!',
      'password2024!',
      '!!password',
      'p@ssw0rd',
      'P@ssw0rd1!',
    ],
    ...['12345678', '12345678!', 'qwertyuiop', 'Qwertyuiop', 'iloveyou', 'letmein1', 'football99'],
    ...['ｐａｓｓｗｏｒｄ', '"password"', 'administrator'],
  ])('should refuse the common %s', password => {
    expect(fault(password)).toMatch(/common/);
  });

  it('should refuse each of the 3,000 most common ones of 8 characters and more', () => {
    const common = dictionary['passwords-common'].filter(({ length }) => length >= 8);
    expect(common.length).toBeGreaterThan(3_000);
    const taken = common.slice(0, 3_000).filter(password => fault(password) === undefined);
    expect(taken).toEqual([]);
  });

  it.each([
    ...['library-api', 'Library2026!', 'mylibrary', 'books&authors', 'BOOKER-PRIZE', 'api_user_1'],
    ...['The Booker Prize 1969', 'ｌｉｂｒａｒｙ１', 'authorsauthorsauthors', 'my-account-1'],
  ])('should refuse %s, which is made of words of the service', password => {
    expect(fault(password)).toMatch(/words of this service|common/);
  });

  it.each(['library of Alexandria', 'my bookworm 41', 'librarian!', '31415926 5358979'])(
    'should take %s, which has more than such words',
    password => {
      expect(fault(password)).toBeUndefined();
    },
  );

  it('should look at the length first', () => {
    expect(fault('123456', '123456')).toBe('must have at least 8 characters');
  });
});
