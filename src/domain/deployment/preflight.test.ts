import { describe, expect, it } from 'vitest';
import { type PreflightFacts, preflightRequirements, type ServicePreflight, type VariableFact } from './preflight.ts';

const now = new Date('2026-03-01T12:00:00Z');
const fine = { ok: true, evidence: 'fine' } as const;
const secret: VariableFact = { name: 'TOKEN', isSecret: true, matches: true, expiresAt: null, sharedWith: null };
const service = (changes: Partial<ServicePreflight> = {}): ServicePreflight => ({
  ...{ name: 'api', required: [{ name: 'TOKEN', secret: true, pattern: '[a-z]+' }], variables: [secret] },
  ...{ artifact: fine, target: fine, traffic: null, schema: null, lock: 'ours' },
  ...changes,
});
const unmet = (services: ServicePreflight[], changes: Partial<PreflightFacts> = {}) =>
  preflightRequirements({ services, health: [], healthWaived: null, isRollback: false, now, ...changes })
    .filter(({ met }) => met !== true)
    .map(({ key, met, evidence }) => `${key} ${met}: ${evidence}`);

describe('preflight', () => {
  it('passes when everything holds, and shows the evidence of each', () => {
    expect(unmet([service()])).toEqual([]);
    const keys = preflightRequirements({ services: [service({ traffic: fine })], health: [], healthWaived: null, isRollback: false, now });
    expect(keys.map(({ key }) => key)).toEqual(['variable:api:TOKEN', 'artifact:api', 'target:api', 'traffic:api', 'lock:api']);
  });

  it.each([
    ['false: it is not there', []],
    ['false: it is kept in clear', [{ ...secret, isSecret: false }]],
    ['false: it expired', [{ ...secret, expiresAt: now }]],
    ['false: live has the same secret', [{ ...secret, sharedWith: 'live' }]],
    ['false: it is not well formed', [{ ...secret, matches: false }]],
    ['unknown: nobody could tell', [{ ...secret, matches: null }]],
  ])('refuses a variable: %s', (words, variables) => {
    expect(unmet([service({ variables })])).toEqual([expect.stringContaining(`variable:api:TOKEN ${words}`)]);
  });

  it('refuses whatever else the service would get that expired or that another environment has, too', () => {
    const other = { ...secret, name: 'KEY' };
    const words = (fact: VariableFact) => unmet([service({ variables: [secret, fact] })]);

    expect(words(other)).toEqual([]);
    expect(words({ ...other, expiresAt: now })).toEqual([expect.stringContaining('variable:api:KEY false: it expired')]);
    expect(words({ ...other, sharedWith: 'live' })).toEqual(['variable:api:KEY false: live has the same secret']);
    expect(words({ ...other, isSecret: false, expiresAt: now })).toHaveLength(1);
    expect(unmet([service({ variables: [secret, { ...other, expiresAt: now }] })], { isRollback: true })).toEqual([]);
  });

  it('never takes what could not be checked for met', () => {
    expect(unmet([service({ target: { ok: 'unknown', evidence: 'no answer' } })])).toEqual(['target:api unknown: no answer']);
  });

  it('wants its own locks', () => {
    expect(unmet([service({ lock: 'DEP-3' }), service({ name: 'web', lock: null })])).toEqual([
      'lock:api false: DEP-3 has it',
      'lock:web false: it was given back',
    ]);
  });

  it('wants health, unless that was waived; then the evidence says both', () => {
    const health = [{ name: 'api', found: { ok: false, evidence: '503' } as const }];

    expect(unmet([], { health })).toEqual(['health:api false: 503']);
    const [waived] = preflightRequirements({ services: [], health, healthWaived: 'fix forward', isRollback: false, now });
    expect(waived).toMatchObject({ met: true, evidence: 'fix forward (503)' });
  });

  it('does not judge anew what a way back needs', () => {
    expect(unmet([service({ variables: [] })], { isRollback: true })).toEqual([]);
  });

  it('of a way back warns of secrets that it brings again, and is held up by none of them', () => {
    const broughtBack = [
      { name: 'FINE', expiresAt: null, today: 'same' as const },
      { name: 'OVER', expiresAt: now, today: 'same' as const },
      { name: 'GONE', expiresAt: null, today: 'gone' as const },
      { name: 'OTHER', expiresAt: null, today: 'other' as const },
    ];
    const found = (changes: Partial<ServicePreflight>) =>
      preflightRequirements({ services: [service(changes)], health: [], healthWaived: null, isRollback: true, now })
        .filter(({ key }) => key.startsWith('secret:') || key.startsWith('values:'))
        .map(({ key, met, evidence }) => `${key} ${met}: ${evidence}`);

    expect(found({ broughtBack })).toEqual([
      'values:api true: its variables have the values of then',
      expect.stringMatching(/^secret:api:OVER true: .* it expired at 2026-03-01/),
      expect.stringMatching(/^secret:api:GONE true: .* none of that name/),
      expect.stringMatching(/^secret:api:OTHER true: .* another value/),
    ]);
    expect(found({ broughtBack: null })).toEqual([expect.stringMatching(/^values:api true: .* values of today/)]);
    expect(found({})).toEqual([]);
  });

  it('holds up what would run against a schema that lost what it needs, a way back as well', () => {
    const schema = { ok: false, evidence: '1.0 is older' } as const;

    expect(unmet([service({ schema })])).toEqual(['schema:api false: 1.0 is older']);
    expect(unmet([service({ schema })], { isRollback: true })).toEqual(['schema:api false: 1.0 is older']);
  });
});
