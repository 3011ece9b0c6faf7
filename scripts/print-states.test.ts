import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { transitions } from '../src/engine/transitions.ts';
import { statesDocument, statesPage } from './print-states.ts';

describe('docs/states.md', () => {
  it('is what `node --import tsx scripts/print-states.ts` prints', () => {
    expect(readFileSync(statesPage, 'utf8')).toBe(statesDocument());
  });

  it('tells of every transition', () => {
    const page = statesDocument();

    for (const { event, to } of transitions) expect(page).toMatch(new RegExp(`^\\| ${event} \\|.*\\| ${to} \\|`, 'm'));
  });
});
