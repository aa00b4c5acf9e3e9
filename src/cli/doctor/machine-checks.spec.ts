import { expect, it } from 'vitest';
import { checkNode } from './machine-checks.js';

it('advises Node 24 on a version without security fixes', () => {
  const found = { check: 'node', status: 'warning', advice: 'install Node 24' };
  expect(checkNode('20.20.2')).toMatchObject(found);
});

it.each(['24.19.0', '26.1.0'])('accepts Node %s', version => {
  expect(checkNode(version)).toEqual({ check: 'node', status: 'ok', detail: version });
});
