import { describe, expect, it } from 'vitest';
import { covers, strictestOnClose } from './scope.ts';

const subject = { environmentId: 'E1', appId: 'A1', serviceId: 'S1', tier: 'production' };

describe('the scope of a window', () => {
  it('is everything where it says nothing', () => {
    expect(covers({}, subject)).toBe(true);
    expect(covers({}, {})).toBe(true);
  });

  it('contains what every list of it contains', () => {
    expect(covers({ environmentIds: ['E1', 'E2'], tiers: ['production'] }, subject)).toBe(true);
    expect(covers({ environmentIds: ['E1'], tiers: ['staging'] }, subject)).toBe(false);
    expect(covers({ serviceIds: [] }, subject)).toBe(false);
  });

  it('that asks for a store contains no service', () => {
    expect(covers({ targets: ['PLAY_STORE'] }, subject)).toBe(false);
    expect(covers({ targets: ['PLAY_STORE'] }, { releaseConfigId: 'C1', target: 'PLAY_STORE' })).toBe(true);
  });
});

describe('what closing does', () => {
  it('is the strictest of what the closed windows ask for', () => {
    expect(strictestOnClose([{ onClose: 'finish' }, { onClose: 'abort' }, { onClose: 'pause' }])).toBe('abort');
    expect(strictestOnClose([{ onClose: 'finish' }])).toBe('finish');
  });
});
