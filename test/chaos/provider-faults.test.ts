import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import type { World } from '../e2e/world.ts';
import type { FakeRequest } from '../fakes/fake-server.ts';
import { openChaosWorld, untilAllCompleted } from './chaos-world.ts';
import { troubles } from './exactly-once.ts';
import { faults, PROVIDER_TIMEOUT_MS } from './faults.ts';

/*
 * Every writing of the line meets every fault: a release for each fault, all of them at once. Whether the provider did what it was asked
 * is in the fault: a caller cannot know, and must end with exactly one effect.
 */

interface Writing {
  fake: 'github' | 'jira' | 'checkmate' | 'slack';
  /** Whether this is the call, for the release of this version. */
  is: (request: FakeRequest, version: string, world: World) => boolean;
}

const writings: Record<string, Writing> = {
  'creates the branch': {
    fake: 'github',
    is: (request, version) => posts(request, /\/git\/refs$/, { ref: `refs/heads/release/${version}` }),
  },
  'creates the tag object': { fake: 'github', is: (request, version) => posts(request, /\/git\/tags$/, { tag: `v${version}-rc.1` }) },
  'creates the tag': { fake: 'github', is: (request, version) => posts(request, /\/git\/refs$/, { ref: `refs/tags/v${version}` }) },
  'dispatches a workflow': { fake: 'github', is: (request, version) => posts(request, /\/dispatches$/, { ref: `v${version}-rc.1` }) },
  'creates the release object': { fake: 'github', is: (request, version) => posts(request, /\/releases$/, { tag_name: `v${version}` }) },
  'creates a ticket': {
    fake: 'jira',
    is: (request, version) => /\/issue$/.test(request.path) && String(fieldsOf(request).summary).startsWith(`Release ${version} `),
  },
  'creates a test run': {
    fake: 'checkmate',
    is: (request, version) => request.path.endsWith('/run/create') && String(bodyOf(request).runName).startsWith(`${version} `),
  },
  'resets a test run': {
    fake: 'checkmate',
    is: (request, version, { fakes }) =>
      request.path.endsWith('/run/update-test-status') &&
      fakes.checkmate.world.findRun(Number(bodyOf(request).runId))?.runName.startsWith(`${version} `) === true,
  },
  'posts a message of a task': {
    fake: 'slack',
    is: (request, version) =>
      request.path.endsWith('/chat.postMessage') && String(bodyOf(request).text).includes(`builds of v${version}-rc.1`),
  },
  'posts a message of the outbox': {
    fake: 'slack',
    is: (request, version) =>
      request.path.endsWith('/chat.postMessage') && String(bodyOf(request).text).includes(`branch release/${version} forked`),
  },
};

const bodyOf = (request: FakeRequest) => (request.body ?? {}) as Record<string, unknown>;
const fieldsOf = (request: FakeRequest) => (bodyOf(request).fields ?? {}) as Record<string, unknown>;

function posts(request: FakeRequest, path: RegExp, wanted: Record<string, string>): boolean {
  return (
    request.method === 'POST' && path.test(request.path) && Object.entries(wanted).every(([name, value]) => bodyOf(request)[name] === value)
  );
}

describe('a provider that fails at the one call', () => {
  let world: World;
  beforeAll(async () => {
    // The fleet's leases are over before a call that hangs is.
    world = await openChaosWorld({ workers: 2, env: { PROVIDER_TIMEOUT_MS: String(PROVIDER_TIMEOUT_MS) } });
  });
  afterAll(() => world?.stopAll());

  it(`leaves one effect each, for ${Object.keys(writings).length} writings by ${Object.keys(faults).length} faults`, async () => {
    const [met, wanted] = [new Set<string>(), new Set<string>()];
    for (const [n, [name, fault]] of Object.entries(faults).entries()) {
      const version = `2.${n}.0`;
      for (const [writing, { fake, is }] of Object.entries(writings)) {
        const what = `a provider ${name} when Signalbox ${writing}`;
        wanted.add(what);
        const match = (request: FakeRequest) => {
          if (!is(request, version, world)) return false;
          met.add(what);
          return true;
        };
        world.fakes[fake].failNext({ ...fault, match });
      }
      const tenant = world.tenants[n % world.tenants.length] ?? world.tenant();
      await tenant.createRelease({ version, slots: [0, 500], config: lean });
    }
    await untilAllCompleted(world, 150_000);

    expect([...met].sort()).toEqual([...wanted].sort());
    expect(await troubles(world)).toEqual([]);
  }, 240_000);
});

/** Nothing twice that is once elsewhere in these releases. */
const lean = {
  ...{ automationRuns: false, preRegressionBuilds: false },
  gates: {
    preReleaseApproval: 'automatic',
    quorum: 1,
    allowSelfApproval: false,
    distributionApproval: 'manual',
    preRelease: plainRules,
    distribution: plainRules,
  },
} as const;
