import { ValidateIf } from 'class-validator';

/** A field that may be missing but not null, unlike with IsOptional; its other rules hold if it is there. */
export const IfPresent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
