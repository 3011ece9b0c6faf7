import { expect, it } from 'vitest';
import { entityId, isUuid } from './entity-id.ts';

it('an id is a UUID of version 4, the same for the same words', () => {
  const ids = Array.from({ length: 50 }, (_, index) => entityId('issue', 'team', `m-${index}`));

  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(50);
  expect(entityId('issue', 'team', 'm-7')).toBe(ids[7]);
});

it('kind, scope and marker each make another id', () => {
  const ids = [entityId('issue', 'a', 'b'), entityId('comment', 'a', 'b'), entityId('issue', 'ab', ''), entityId('issue', 'a', 'c')];

  expect(new Set(ids).size).toBe(4);
});

it.each([
  ['11111111-1111-4111-8111-111111111111', true],
  ['ENG', false],
  ['11111111-1111-4111-8111-11111111111', false],
])('%s as a UUID: %s', (text, expected) => {
  expect(isUuid(text)).toBe(expected);
});
