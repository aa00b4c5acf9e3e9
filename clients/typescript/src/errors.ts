import type { OperationId, Problem } from './types.js';

/** The API refused a request; `problem` is what it answered. */
export class ProblemError<Id extends OperationId = OperationId> extends Error {
  override readonly name = 'ProblemError';
  readonly #response: Response;

  constructor(
    readonly operation: Id,
    readonly problem: Problem<Id>,
    response: Response,
  ) {
    super(`${operation}: ${problem.status} ${problem.title}: ${problem.detail}`);
    this.#response = response;
  }

  /** For its header fields; its body has been read. A log does not show it. */
  get response(): Response {
    return this.#response;
  }

  /** Tells problems apart, such as `/problems/author_exists`. */
  get type(): Problem<Id>['type'] {
    return this.problem.type;
  }
}

/** No answer came, or one that the API does not give. The request may have taken effect. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly #response: Response | undefined;

  constructor(
    readonly operation: OperationId,
    what: string,
    response?: Response,
    options?: ErrorOptions,
  ) {
    super(`${operation}: ${what}`, options);
    this.#response = response;
  }

  /** Undefined if no answer came, or it was cut off. */
  get response(): Response | undefined {
    return this.#response;
  }
}

/** Whether an error is a problem, of this operation if one is named; the compiler then knows its types. */
export function isProblem<Id extends OperationId = OperationId>(
  error: unknown,
  operation?: Id,
): error is ProblemError<Id> {
  return (
    error instanceof ProblemError && (operation === undefined || error.operation === operation)
  );
}
