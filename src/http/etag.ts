import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.js';

/** What identifies a version of a record. */
export interface Versioned {
  id: number;
  version: number;
}

/** The versions of a record that a request accepts; absent means any. */
export interface VersionRule {
  oneOf?: readonly number[];
  noneOf?: readonly number[];
}

type Tags = readonly string[] | '*';

/** RFC 9110, 8.8.3: `etagc` is any visible character but the double quote, or obs-text. */
const ENTITY_TAG = /[ \t]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)/y;
const EMPTY_ELEMENT = /[ \t]*,/y;

/** The strong entity tag of one version of a record. */
export function etagOf({ id, version }: Versioned): string {
  return `"${id}-${version}"`;
}

/** The conditions of a request (RFC 9110, 13.1). Throws `invalid_request` for a field that is not a list of tags. */
export class Preconditions {
  readonly #ifMatch?: Tags;
  readonly #ifNoneMatch?: Tags;

  constructor(headers: { 'if-match'?: string; 'if-none-match'?: string }) {
    this.#ifMatch = parseTags(headers['if-match'], 'If-Match', { weak: false });
    this.#ifNoneMatch = parseTags(headers['if-none-match'], 'If-None-Match', { weak: true });
  }

  /** The versions of this record that a change accepts. */
  ruleFor(id: number): VersionRule {
    return {
      oneOf: this.#ifNoneMatch === '*' ? [] : versionsOf(this.#ifMatch, id),
      noneOf: versionsOf(this.#ifNoneMatch, id),
    };
  }

  /** The field whose condition this record does not meet; `If-Match` is evaluated first (RFC 9110, 13.2.2). */
  failedField({ id, version }: Versioned): 'If-Match' | 'If-None-Match' {
    const matches = versionsOf(this.#ifMatch, id)?.includes(version) ?? true;
    return matches && this.#ifNoneMatch !== undefined ? 'If-None-Match' : 'If-Match';
  }

  /** Whether a GET may be answered with 304. */
  isFresh(record: Versioned): boolean {
    return this.#ifNoneMatch === '*' || (this.#ifNoneMatch?.includes(etagOf(record)) ?? false);
  }
}

/** Injects the conditions of the request. */
export const Conditions = createParamDecorator(
  (_: unknown, context: ExecutionContext): Preconditions =>
    new Preconditions(context.switchToHttp().getRequest<FastifyRequest>().headers),
);

/** The tags of a list; without weak ones if only strong ones can match. */
function parseTags(
  field: string | undefined,
  name: string,
  { weak }: { weak: boolean },
): Tags | undefined {
  if (field === undefined) {
    return undefined;
  }
  if (field.trim() === '*') {
    return '*';
  }
  const tags: string[] = [];
  for (let at = 0; at < field.length;) {
    EMPTY_ELEMENT.lastIndex = ENTITY_TAG.lastIndex = at;
    const [element, weakness, tag] = ENTITY_TAG.exec(field) ?? EMPTY_ELEMENT.exec(field) ?? [];
    if (element === undefined) {
      throw new Problem('invalid_request', { detail: `${name} is not a list of entity tags` });
    }
    if (tag !== undefined && (weak || weakness === undefined)) {
      tags.push(tag);
    }
    at += element.length;
  }
  return tags;
}

/** The versions of this record among the tags. */
function versionsOf(tags: Tags | undefined, id: number): number[] | undefined {
  if (tags === undefined || tags === '*') {
    return undefined;
  }
  return tags
    .map(tag => /^"(\d{1,16})-([1-9]\d{0,15})"$/.exec(tag))
    .filter(match => match !== null && match[1] === String(id))
    .map(match => Number(match![2]));
}
