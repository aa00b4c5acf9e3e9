import type { VARIABLES } from './variables.js';

type Table = typeof VARIABLES;
type ValueOf<K extends keyof Table> = Exclude<ReturnType<Table[K]['parse']>, undefined>;
type WithDefault = {
  [K in keyof Table]: Table[K] extends { default: unknown } ? K : never;
}[keyof Table];

/** The parsed value of each variable. */
export type Settings = { readonly [K in WithDefault]: ValueOf<K> } & {
  readonly [K in Exclude<keyof Table, WithDefault>]?: ValueOf<K>;
};
