import type { components, operations } from './document/openapi.js';
import type { OPERATIONS } from './document/operations.js';

/** The name of an operation in the OpenAPI document. */
export type OperationId = keyof typeof OPERATIONS;

/** A schema of the OpenAPI document, such as `Schema<'AuthorResponse'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export type Author = Schema<'AuthorResponse'>;
export type NewAuthor = Schema<'AuthorRequest'>;

type Responses<Id extends OperationId> = operations[Id]['responses'];

/** The problems that an operation can answer: a union that `type` tells apart. */
export type Problem<Id extends OperationId = OperationId> = Id extends OperationId
  ? ProblemIn<Responses<Id>[keyof Responses<Id>]>
  : never;

type ProblemIn<Response> = Response extends { content: { 'application/problem+json': infer P } }
  ? P
  : never;

/** A successful answer: its status, its data, and the `Response` for its header fields. */
export type Answer<Id extends OperationId> = {
  [Status in keyof Responses<Id> & (200 | 201 | 204 | 304)]: {
    status: Status;
    data: DataOf<Responses<Id>[Status]>;
    response: Response;
  };
}[keyof Responses<Id> & (200 | 201 | 204 | 304)];

type DataOf<Response> = Response extends { content: infer Content }
  ? Content extends { 'application/x-ndjson': unknown }
    ? ReadableStream<Uint8Array>
    : Content[keyof Content]
  : undefined;

/** What a request takes: its parameters and body as in the document, and a signal that cancels it. */
export type Options<Id extends OperationId> = Omit<operations[Id]['parameters'], 'cookie'> &
  BodyOf<operations[Id]> & { signal?: AbortSignal };

/** A file to import. A stream can be sent only once, so its request is not repeated. */
export type Upload =
  Blob | string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

type BodyOf<Operation> = Operation extends { requestBody: { content: infer Content } }
  ? Content extends { 'application/json': infer Json }
    ? { body: Json }
    : {
        /** The file, or a function that opens it again for each attempt. */
        body: Upload | (() => Upload);
        contentType: Exclude<keyof Content, 'multipart/form-data'>;
      }
  : unknown;

type Arguments<O> = object extends O ? [options?: O] : [options: O];

/** One page; `for await` walks through the records of this page and of all that follow. */
export type Pages<Page, Item> = Promise<Page> & AsyncIterable<Item>;

type ItemOf<Data> = Extract<Data[keyof Data], unknown[]>[number];

/** A page of whole records, as lists answer without `fields`. */
type WholePage<Page extends { data: unknown }> = Omit<Page, 'data'> & {
  data: { [K in keyof Page['data']]: WholeItems<Page['data'][K]> };
};

type WholeItems<Value> = Value extends (infer Item)[] ? Required<Item>[] : Value;

interface ListMethod<Id extends OperationId> {
  (
    options?: Options<Id> & { query?: { fields?: undefined } },
  ): Pages<WholePage<Answer<Id>>, Required<ItemOf<Answer<Id>['data']>>>;
  (options: Options<Id>): Pages<Answer<Id>, ItemOf<Answer<Id>['data']>>;
}

interface ConditionalMethod<Id extends OperationId> {
  (
    options: Options<Id> & { header?: { 'If-None-Match'?: undefined } },
  ): Promise<Exclude<Answer<Id>, { status: 304 }>>;
  (options: Options<Id>): Promise<Answer<Id>>;
}

/** As NDJSON, which is the default, `for await` reads the records one by one. */
interface FileMethod<Id extends OperationId> {
  (
    options?: Options<Id> & { query?: { format?: 'ndjson' } },
  ): Pages<Answer<Id>, RecordOf<Responses<Id>>>;
  (options: Options<Id>): Promise<Answer<Id>>;
}

type RecordOf<All> = All extends { 200: { content: { 'application/json': (infer Item)[] } } }
  ? Item
  : never;

type Method<Id extends OperationId> = Answer<Id>['data'] extends { next_cursor: unknown }
  ? ListMethod<Id>
  : Answer<Id>['data'] extends ReadableStream
    ? FileMethod<Id>
    : 304 extends keyof Responses<Id>
      ? ConditionalMethod<Id>
      : (...args: Arguments<Options<Id>>) => Promise<Answer<Id>>;

export interface Credentials {
  name: string;
  password: string;
  /** A one-time login ticket from an admin. */
  ticket?: string;
  signal?: AbortSignal;
}

/** A method for each operation of the OpenAPI document; the client refreshes the session itself. */
export type Client = { [Id in Exclude<OperationId, 'login' | 'refresh'>]: Method<Id> } & {
  /** Logs in; the following requests have the token of this session. */
  login(credentials: Credentials): Promise<Answer<'login'>>;
};
