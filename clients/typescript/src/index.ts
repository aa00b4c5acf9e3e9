export { createClient } from './client.js';
export type { ClientOptions } from './client.js';
export { compareCopy, updateCopy } from './copy.js';
export type { Copy, CopyOptions, Records } from './copy.js';
export { AnswerError, ProblemError, isProblem } from './errors.js';
export type { Tokens, TokenStore } from './session.js';
export { ndjson } from './upload.js';
export type {
  Answer,
  Author,
  Client,
  Credentials,
  NewAuthor,
  OperationId,
  Options,
  Pages,
  Problem,
  Schema,
  Upload,
} from './types.js';
