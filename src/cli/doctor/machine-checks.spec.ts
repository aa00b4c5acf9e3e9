import { expect, it } from 'vitest';
import { checkNode } from './machine-checks.js';

it.each([
  ['20.20.2', 'warning'],
  ['22.23.2', 'ok'],
  ['24.18.1', 'ok'],
  ['24.19.0', 'warning'],
  ['26.1.0', 'warning'],
])('finds for Node %s: %s', (version, status) => {
  expect(checkNode(version)).toMatchObject({ check: 'node', status });
});
