import type { OpenAPIObject } from '@nestjs/swagger';

type Paths = OpenAPIObject['paths'];

/** The operations in the order of a newcomer's journey; others follow. */
const JOURNEY = [
  'register',
  'login',
  'loginByGet',
  'refresh',
  'getJwks',
  'createAuthor',
  'createAuthorAlias',
  'listAuthors',
  'getAuthor',
  'replaceAuthor',
  'patchAuthor',
  'deleteAuthor',
  'deleteAuthors',
  'importAuthors',
  'exportAuthors',
  'changePassword',
  'confirmSession',
  'resetPassword',
  'getProfile',
  'renameProfile',
  'removeAccount',
];

/** Sorts the paths of a document, and the operations of each path, by the journey. */
export function inOrder(paths: Paths): Paths {
  const items = Object.entries(paths).map(([path, item]) => [path, sorted(item, placeOf)] as const);
  return sorted(Object.fromEntries(items), item =>
    Math.min(...Object.values(item as object).map(placeOf)),
  ) as Paths;
}

function sorted(map: object, place: (value: unknown) => number): object {
  return Object.fromEntries(Object.entries(map).sort(([, a], [, b]) => place(a) - place(b)));
}

function placeOf(operation: unknown): number {
  const place = JOURNEY.indexOf((operation as { operationId: string }).operationId);
  return place < 0 ? JOURNEY.length : place;
}
