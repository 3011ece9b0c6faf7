import { describe, expect, it } from 'vitest';
import { deployedFrom } from './deploy-target.ts';
import { type PlaceConfig, placeSchema } from './identity.ts';

const config: PlaceConfig = placeSchema.parse({ start: ['a'], stop: ['b'], status: ['c'], startWithinMs: 5_000 });
const brought = ['wanted sha256:ab c1', 'age 60'];
const kindOf = (...lines: string[]) => deployedFrom(`${lines.join('\n')}\n`, config, 'host:1').state.kind;

describe('what a host tells of a service', () => {
  it.each([
    [0, 'ready'],
    [1, 'failed'],
    [2, 'failed'],
    [3, 'failed'],
    [75, 'progressing'],
    [4, 'unknown'],
    [126, 'unknown'],
    [255, 'unknown'],
  ])('means by exit code %i of the status command: %s', (code, kind) => {
    expect(kindOf(...brought, `status ${code}`)).toBe(kind);
  });

  it('is on its way for a while after its start, whatever is not up yet', () => {
    expect(kindOf('wanted sha256:ab c1', 'age 5', 'status 3')).toBe('progressing');
    expect(kindOf('wanted sha256:ab c1', 'age 6', 'status 3')).toBe('failed');
  });

  it('failed where its start did, whatever its status', () => {
    const { state } = deployedFrom([...brought, 'failed the start command ended with exit code 9', 'status 0'].join('\n'), config, null);

    expect(state).toEqual({ kind: 'failed', why: 'the start command ended with exit code 9' });
  });

  it('is nothing where nothing was brought, and a stranger where something runs all the same', () => {
    expect(kindOf('')).toBe('absent');
    expect(kindOf('status 3')).toBe('absent');
    expect(kindOf('status 127')).toBe('absent');
    expect(kindOf('status 0')).toBe('unknown');
  });

  it('names what was asked for last, and where it is reached', () => {
    expect(deployedFrom([...brought, 'status 0'].join('\n'), config, 'host:1')).toEqual({
      ...{ state: { kind: 'ready' }, digest: 'sha256:ab', configVersion: 'c1', replicas: { wanted: 1, ready: 1 }, addresses: ['host:1'] },
    });
    expect(deployedFrom('', config, 'host:1')).toMatchObject({ digest: null, configVersion: null, replicas: null, addresses: [] });
  });
});
