import { getMetadataStorage } from 'class-validator';
import type { Fault } from '../problems/problem.js';

/** UTF-16 units that one character of a valid text can take before Unicode normalization joins them. */
export const UNITS_PER_CHARACTER = 4;

/** A body may have this many fields more than its DTO class. */
const SPARE_FIELDS = 20;

/** The bounds of a field, as `@ApiProperty` documents them. */
interface Bounds {
  maxLength?: number;
  maxItems?: number;
}

/** Where Nest's Swagger module keeps the options of `@ApiProperty`. */
const DOCUMENTED = 'swagger/apiModelProperties';

const known = new Map<Function, ReadonlyMap<string, Bounds>>();

/**
 * The faults of size in a body or query, or none. It reads only lengths, so that a large input costs nothing before it
 * is refused: normalizing, sorting and comparing take more than linear time.
 */
export function sizeFaults(input: object, dto: Function): Fault[] {
  const fields = fieldsOf(dto);
  const names = Object.keys(input);
  const most = fields.size + SPARE_FIELDS;
  if (names.length > most) {
    return [{ pointer: '', detail: `must have at most ${most} fields` }];
  }
  const faults: Fault[] = [];
  for (const name of names) {
    const detail = sizeFault((input as Record<string, unknown>)[name], fields.get(name) ?? {});
    if (detail !== undefined) {
      faults.push({ pointer: `/${name}`, detail });
    }
  }
  return faults;
}

/** Without the content of objects: no DTO class nests them, and validation would walk through it. */
export function withoutNested(input: object): object {
  if (!Object.values(input).some(value => typeof value === 'object' && value !== null)) {
    return input;
  }
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(emptied) : emptied(value),
    ]),
  );
}

/** Whether a text has more UTF-16 units than any text with this number of characters. */
export function isTooLong(text: string, maxLength: number | undefined): boolean {
  return maxLength !== undefined && text.length > UNITS_PER_CHARACTER * maxLength;
}

function sizeFault(value: unknown, { maxLength, maxItems = 0 }: Bounds): string | undefined {
  if (typeof value === 'string' && isTooLong(value, maxLength)) {
    return `must be at most ${maxLength} characters`;
  }
  if (Array.isArray(value) && value.length > maxItems + SPARE_FIELDS) {
    return maxItems === 0 ? 'must not be an array' : `must have at most ${maxItems} items`;
  }
  return undefined;
}

/** The fields that a DTO class has rules for, the read-only ones that it ignores included. */
function fieldsOf(dto: Function): ReadonlyMap<string, Bounds> {
  let fields = known.get(dto);
  if (fields === undefined) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
    fields = new Map(
      rules.map(({ propertyName: name }) => [
        name,
        (Reflect.getMetadata(DOCUMENTED, dto.prototype as object, name) ?? {}) as Bounds,
      ]),
    );
    known.set(dto, fields);
  }
  return fields;
}

function emptied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Array.isArray(value) ? [] : {};
}
