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
  'getProfile',
  'renameProfile',
  'changePassword',
  'confirmSession',
  'resetPassword',
  'removeAccount',
];

/** Sorts the paths of a document by the journey. */
export function inOrder(paths: Paths): Paths {
  const first = (item: object): number => {
    const ids = Object.values(item).map(({ operationId }: { operationId: string }) => operationId);
    const places = ids.map(id => JOURNEY.indexOf(id)).filter(place => place >= 0);
    return Math.min(JOURNEY.length, ...places);
  };
  return Object.fromEntries(Object.entries(paths).sort(([, a], [, b]) => first(a) - first(b)));
}
