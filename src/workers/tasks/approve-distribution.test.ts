import { beforeEach, expect, it } from 'vitest';
import { frozenConfig, frozenStore } from '../../../test/data/release-facts.ts';
import { plainRules } from '../../domain/gates/approval-rules.ts';
import type { GateApproval } from '../../domain/gates/approvals.ts';
import type { StoreBuild } from '../../integrations/capabilities/app-store.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { TaskContext } from '../task-context.ts';
import { approveDistribution } from './approve-distribution.ts';

const commit = 'a'.repeat(40);
const stores = [frozenStore('PLAY_STORE'), frozenStore('APP_STORE')];

let approvals: GateApproval[];
let blockers: string[];
let notes: string | null;
let asked: unknown[];
let shown: () => StoreBuild | null;
beforeEach(() => {
  approvals = [{ accountId: 'alice', role: 'admin', decision: 'APPROVED', commit, subject: null, standsFor: [], at: new Date(0) }];
  [blockers, notes] = [[], null];
  asked = [];
  shown = () => ({ id: 'b', version: '1.4.0', buildNumber: '42', uploadedAt: null, state: { kind: 'ready' } });
});

function contextOf(distributionApproval: 'manual' | 'automatic' = 'manual'): TaskContext {
  const platforms = [
    { platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' },
    { platform: 'IOS', target: 'APP_STORE', version: '1.4.1' },
  ];
  const gates = {
    preReleaseApproval: 'manual' as const,
    quorum: 1,
    allowSelfApproval: false,
    distributionApproval,
    preRelease: plainRules,
    distribution: plainRules,
  };
  const context = {
    task: { type: 'APPROVE_DISTRIBUTION', input: { cycle: 1 } },
    release: {
      ...{ id: 'R', tenantId: 'tenant', releaseTag: 'v1.4.0', createdByAccountId: 'requester', platforms },
      cycles: [{ number: 1, rcTag: 'v1.4.0-rc.1', rcCommit: commit }],
      config: frozenConfig({ stores, gates }),
    },
    services: {
      records: {
        round: async () => [{ key: 'CHECK_PROJECT_RELEASE_APPROVAL', type: 'CHECK_PROJECT_RELEASE_APPROVAL', status: 'COMPLETED' }],
        sibling: async (_task: unknown, type: string) =>
          type === 'CREATE_AAB_BUILD' ? { id: 'T', output: { storeBuild: { buildNumber: '42' }, bundle: { sha256: 'ab' } } } : null,
        openBlockers: async () => blockers,
        notesDigest: async () => notes,
        now: async () => new Date(),
        approvals: async (_release: unknown, gateType: string) => (gateType === 'APPROVE_DISTRIBUTION' ? approvals : []),
      },
      storeBuilds: {
        find: async ({ target }: { target: string }, query: object) => {
          asked.push({ target, ...query });
          return shown();
        },
      },
    },
    pollMs: 60_000,
  };
  // The handler reads no more of its context than this.
  return context as unknown as TaskContext;
}

it('opens once people approved this commit, and names the builds they approved', async () => {
  const outcome = await approveDistribution.run(contextOf());

  expect(outcome).toMatchObject({
    kind: 'completed',
    output: { rcCommit: commit, releaseTag: 'v1.4.0', quorum: 1, builds: { PLAY_STORE: '42', APP_STORE: '42' } },
  });
  expect(asked).toEqual([
    { target: 'PLAY_STORE', tenantId: 'tenant', version: '1.4.0', buildNumber: '42', sha256: 'ab' },
    { target: 'APP_STORE', tenantId: 'tenant', version: '1.4.1', buildNumber: null, sha256: null },
  ]);
});

it('asks people once everything else holds, and is hurried by the stores', async () => {
  approvals = [];

  expect(await approveDistribution.run(contextOf())).toMatchObject({
    ...{ kind: 'waiting', reason: 'APPROVAL', forMs: 60_000 },
    signals: expect.arrayContaining([{ integrationId: 'connection-APP_STORE', key: 'store-app:com.example.shop' }]),
  });
});

it('asks nobody, and shows why, while a store cannot be read', async () => {
  shown = () => {
    throw new ProviderError('unavailable', 'it is away', { provider: 'google-play' });
  };

  expect(await approveDistribution.run(contextOf('automatic'))).toMatchObject({
    ...{ kind: 'waiting', reason: 'CALLBACK' },
    output: {
      builds: {},
      requirements: expect.arrayContaining([expect.objectContaining({ key: 'store-build:PLAY_STORE', met: 'unknown' })]),
    },
  });
});

it('opens by itself where the config wants no person', async () => {
  approvals = [];

  expect(await approveDistribution.run(contextOf('automatic'))).toMatchObject({ kind: 'completed', output: { quorum: 0 } });
});

it('stays closed while a blocker is open, whoever approved', async () => {
  blockers = ['APP-1: Crash'];

  expect(await approveDistribution.run(contextOf())).toMatchObject({
    ...{ kind: 'waiting', reason: 'CALLBACK' },
    output: { requirements: expect.arrayContaining([expect.objectContaining({ key: 'no-open-blocker', met: false })]) },
  });
});

it('asks anew, without its buttons for a moment, when what people were asked about has changed', async () => {
  approvals = [];
  const look = async (output: unknown) => approveDistribution.run({ ...contextOf(), task: { ...contextOf().task, output } } as TaskContext);
  const first = await look(null);
  const output = 'output' in first ? first.output : null;

  const same = await look(output);
  notes = 'sha256:other';
  const changed = await look(output);
  const anew = await look('output' in changed ? changed.output : null);

  expect(same).toMatchObject({ reason: 'APPROVAL', output: { askedAt: output?.askedAt } });
  expect(changed).toMatchObject({
    reason: 'CALLBACK',
    forMs: 0,
    output: { askedAt: null, asksAnewBecause: 'people were asked about other notes' },
  });
  expect(anew).toMatchObject({ reason: 'APPROVAL', output: { askedAt: expect.any(String) } });
});

it('keeps others off every app it looks at', () => {
  const { release, task } = contextOf();

  expect(approveDistribution.locks?.(release, task)).toEqual([
    'store/google-play/com.example.shop',
    'store/app-store-connect/com.example.shop',
  ]);
});
