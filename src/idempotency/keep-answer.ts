import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Queryable } from '../database/database.types.js';

/** Stores the answer in the transaction of its effect; does nothing without an Idempotency-Key. */
export type KeepAnswer = (tx: Pick<Queryable, 'run'>, body: object) => Promise<void>;

const KEEP = new WeakMap<object, KeepAnswer>();

export function handOver(request: object, keep: KeepAnswer): void {
  KEEP.set(request, keep);
}

/** For the handler of an upload: injects what it must call in its last transaction, with the body that it returns. */
export const Keep = createParamDecorator(
  (_: unknown, context: ExecutionContext): KeepAnswer =>
    KEEP.get(context.switchToHttp().getRequest<object>()) ?? (async () => undefined),
);
