import { expect, it } from 'vitest';
import { frozenConfig, frozenStore } from '../../../test/data/release-facts.ts';
import { readConfigBody, readFrozenConfig } from './read-config.ts';

it('a config from before the stores goes to none, and asks people all the same', () => {
  const { stores: _stores, ...config } = frozenConfig();
  const { distributionApproval: _approval, ...gates } = config.gates;

  for (const read of [readFrozenConfig, readConfigBody]) {
    expect(read({ ...config, gates })).toEqual({ ...config, stores: [], gates: { ...gates, distributionApproval: 'manual' } });
  }
});

it('a config from before gates had rules of their own has none, and keeps those that it says', () => {
  const { preRelease: _preRelease, distribution: _distribution, ...gates } = frozenConfig().gates;
  const groups = [{ name: 'QA', roles: [], accountIds: ['A'], quorum: 1 }];

  expect(readFrozenConfig({ ...frozenConfig(), gates }).gates).toEqual(frozenConfig().gates);
  expect(readConfigBody({ ...frozenConfig(), gates: { ...gates, preRelease: { groups } } }).gates).toMatchObject({
    preRelease: { groups, quorum: null, remindAfterMs: null, escalateTo: { critical: false } },
    distribution: { groups: [] },
  });
});

it('a config from before formats, hotfix policies and turns has the form of its scheme, leaves nothing out, waits for nobody and catches up with every slot', () => {
  const { versionFormat: _format, hotfix: _hotfix, concurrency: _concurrency, skipped: _skipped, ...rest } = frozenConfig();
  const { slotCatchUp: _catchUp, ...config } = rest;

  expect(readFrozenConfig(config)).toEqual(frozenConfig());
  expect(readConfigBody(config)).toMatchObject({ versionFormat: null, hotfix: { skipTasks: [], skipRegression: false } });
});

it('a config that says so itself is read as it is', () => {
  const config = frozenConfig({
    stores: [frozenStore('PLAY_STORE')],
    versionFormat: '{major}.{build}',
    hotfix: { skipTasks: ['CREATE_TEST_SUITE'], skipRegression: true },
    concurrency: { perType: 2 },
    slotCatchUp: 'LATEST',
    schedule: null,
    skipped: { tasks: ['CREATE_TEST_SUITE'], regression: true },
    gates: { ...frozenConfig().gates, distributionApproval: 'automatic' },
  });

  expect(readFrozenConfig(config)).toEqual(config);
});
