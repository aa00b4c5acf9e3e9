import { Resource } from '../lists/resource.js';
import type { RowOf, WrittenOf } from '../lists/resource.js';

const TEXT = { type: 'text', min: 1, max: 100, written: true, listed: true } as const;

export const PUBLISHERS = new Resource('publishers', {
  id: { type: 'integer', min: 1, listed: true },
  name: { ...TEXT, example: 'Virago Press' },
  city: { ...TEXT, example: 'London' },
});

export type PublisherRow = RowOf<typeof PUBLISHERS.members>;
export type PublisherFields = WrittenOf<typeof PUBLISHERS.members>;
