import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeFact, changeSet } from './change-set.ts';
import type { DependencyEdge } from './order.ts';

const fact = (name: string, changes: Partial<ChangeFact> = {}): ChangeFact => ({
  ...{ name, paths: [`services/${name}/**`], deployedDigest: `${name}-1`, wantedDigest: `${name}-2`, changedFiles: [] },
  ...{ deployedCommit: 'a', wantedCommit: 'b' },
  ...changes,
});
const schema = (from: string, to: string): DependencyEdge => ({ from, to, kind: 'schema' });
const changedNames = (facts: ChangeFact[], edges: DependencyEdge[] = []) => [...changeSet(facts, edges).changed.keys()].sort();

describe('changeSet', () => {
  it('holds those whose files changed, dot files included, and says by which', () => {
    const changedFiles = ['services/api/.env.example', 'docs/readme.md'];

    const { changed } = changeSet([fact('api', { changedFiles }), fact('web', { changedFiles })], []);

    expect([...changed]).toEqual([['api', 'services/api/.env.example changed']]);
  });

  it('is empty when nothing changed: that is an answer', () => {
    expect(changeSet([fact('api'), fact('web')], [])).toEqual({ changed: new Map(), unknown: [] });
  });

  it('goes by the artifact where a service has no files of its own to tell by', () => {
    expect(changedNames([fact('api', { paths: null }), fact('web', { paths: null, wantedDigest: 'web-1' })])).toEqual(['api']);
  });

  it('never holds what already runs the very digest, whatever files changed', () => {
    expect(changedNames([fact('api', { wantedDigest: 'api-1', changedFiles: ['services/api/main.ts'] })])).toEqual([]);
  });

  it('holds what never ran', () => {
    expect(changedNames([fact('api', { deployedDigest: null })])).toEqual(['api']);
  });

  it('takes no failed comparison for "unchanged"', () => {
    expect(changeSet([fact('api', { changedFiles: null, wantedDigest: null })], []).unknown).toEqual(['api']);
    expect(changedNames([fact('api', { changedFiles: null })])).toEqual(['api']);
  });

  it('moves along whoever shares a schema with one that changed, and theirs, but nobody whom it depends on or who merely calls it', () => {
    const facts = [fact('db', { changedFiles: ['services/db/x'] }), fact('api'), fact('web'), fact('jobs'), fact('base')];
    const edges: DependencyEdge[] = [
      schema('api', 'db'),
      schema('web', 'api'),
      { from: 'jobs', to: 'db', kind: 'runtime' },
      schema('db', 'base'),
    ];

    const { changed } = changeSet(facts, edges);

    expect([...changed.keys()].sort()).toEqual(['api', 'db', 'web']);
    expect(changed.get('web')).toBe('it shares a schema with api');
  });

  it('is closed under shared schemas, and the least such set', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const edges = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 10 });
    fc.assert(
      fc.property(edges, fc.subarray(names), (pairs, touched) => {
        const all = pairs.map(([from, to]) => schema(from, to));
        const facts = names.map((name) => fact(name, touched.includes(name) ? { changedFiles: [`services/${name}/x`] } : {}));
        const { changed } = changeSet(facts, all);
        for (const name of touched) expect(changed.has(name)).toBe(true);
        for (const { from, to } of all) if (changed.has(to)) expect(changed.has(from)).toBe(true);
        for (const name of changed.keys()) {
          if (!touched.includes(name)) expect(all.some(({ from, to }) => from === name && changed.has(to) && to !== name)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});
