import { expect, it } from 'vitest';
import { checkNode } from './machine-checks.js';

it.each([
  ['20.20.2', 'warning', 'install Node 24'],
  ['24.19.0', 'ok', undefined],
  ['26.1.0', 'ok', undefined],
])('finds for Node %s: %s', (version, status, advice) => {
  expect(checkNode(version)).toMatchObject({ check: 'node', status, advice });
});
