import { describe, expect, it } from 'vitest';
import { etagOf, Preconditions } from './etag.js';
import { Problem } from '../problems/problem.js';

const record = { id: 7, version: 3 };
const ruleOf = (ifMatch: string) => new Preconditions({ 'if-match': ifMatch }).ruleFor(7);
const isFresh = (ifNoneMatch: string) =>
  new Preconditions({ 'if-none-match': ifNoneMatch }).isFresh(record);

describe('If-Match', () => {
  it.each([
    ['"7-3"', [3]],
    ['"7-3", "7-4"', [3, 4]],
    [' , "7-3" ,, "other",', [3]],
    ['W/"7-3"', []],
    ['W/"7-3", "7-4"', [4]],
    ['"8-3"', []],
    ['"7-03"', []],
    ['"a,b", "7-1"', [1]],
    ['""', []],
    ['', []],
    ['*', undefined],
    [' * ', undefined],
  ])('should take %j as the versions %j', (field, versions) => {
    expect(ruleOf(field).oneOf).toEqual(versions);
  });

  it.each(['7-3', '"7-3', '"7-3" "7-4"', 'w/"7-3"', '*, "7-3"', '"7-3";', '"a b"'])(
    'should refuse %j, which is not a list of tags',
    field => expect(() => ruleOf(field)).toThrow(Problem),
  );

  it('should let everything pass where there is none', () => {
    expect(new Preconditions({}).ruleFor(7)).toEqual({ oneOf: undefined, noneOf: undefined });
  });
});

describe('If-None-Match', () => {
  it.each(['"7-3"', 'W/"7-3"', '"x", W/"7-3"', '*'])('should find %j fresh', field =>
    expect(isFresh(field)).toBe(true),
  );

  it.each(['"7-2"', '"8-3"', '""', 'W/"7-33"'])('should not find %j fresh', field =>
    expect(isFresh(field)).toBe(false),
  );

  it('should let no change of an existing record pass with *', () => {
    expect(new Preconditions({ 'if-none-match': '*' }).ruleFor(7).oneOf).toEqual([]);
  });

  it('should refuse to change the versions that it names', () => {
    expect(new Preconditions({ 'if-none-match': 'W/"7-3"' }).ruleFor(7).noneOf).toEqual([3]);
  });
});

it('should give each version of each record its own tag', () => {
  expect(
    new Set([etagOf(record), etagOf({ id: 7, version: 4 }), etagOf({ id: 73, version: 3 })]).size,
  ).toBe(3);
});
