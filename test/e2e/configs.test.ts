import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReleaseConfigView } from '../../src/services/release-configs/release-config-view.ts';
import type { ConfigComparison } from '../../src/services/releases/compare-config.ts';
import { waitFor } from '../support/wait-for.ts';
import type { ReleaseHandle } from './release.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** Every config is edited while a release runs: that release goes on with what it was created with, the next one with the new. */

const CHECK = 'CHECK_PROJECT_RELEASE_APPROVAL';
const lean = { automationRuns: false, preRegressionBuilds: false };

interface Workflow {
  platform: string;
  workflowType: string;
  workflowId: string;
}
type Config = Record<string, unknown> & { id: string };

let world: World;
let tenant: TenantWorld;
let running: ReleaseHandle;
let next: ReleaseHandle;
beforeAll(async () => {
  world = await openWorld();
  tenant = world.tenant();
  running = await tenant.createRelease({ config: lean });
  await running.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  await editEverything(await tenant.config(lean));
  next = await tenant.createRelease({ config: lean });
  await running.until('COMPLETED', { approving: true });
  await next.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  await next.decide('APPROVED');
  await next.untilTask(CHECK, 'WAITING(CALLBACK)');
}, 90_000);
afterAll(() => world?.stopAll());

/** Android's workflows for the store and for regression have changed places, every message goes to one channel, and no ticket is ever done. */
async function editEverything(releaseConfigId: string): Promise<void> {
  const { owner, path } = tenant;
  const used = await owner.get<ReleaseConfigView>(`${path}/release-configs/${releaseConfigId}`);
  const edit = async (collection: string, id: string | null, change: (config: Config) => object) => {
    const { id: _id, createdAt: _at, updatedAt: _updated, ...body } = await owner.get<Config>(`${path}/${collection}/${id}`);
    await owner.send('PUT', `${path}/${collection}/${id}`, { ...body, ...change({ id: '', ...body }) });
  };
  await edit('ci-cd-configs', used.ciConfigId, ({ workflows }) => {
    const all = workflows as Workflow[];
    const idOf = (type: string) => all.find(({ platform, workflowType }) => platform === 'ANDROID' && workflowType === type)?.workflowId;
    const swapped: Record<string, string | undefined> = { AAB_BUILD: idOf('REGRESSION_BUILD'), REGRESSION_BUILD: idOf('AAB_BUILD') };
    return {
      workflows: all.map((each) =>
        each.platform === 'ANDROID' ? { ...each, workflowId: swapped[each.workflowType] ?? each.workflowId } : each,
      ),
    };
  });
  await edit('project-management-configs', used.projectManagementConfigId, ({ platforms }) => ({
    platforms: (platforms as object[]).map((platform) => ({ ...platform, completedStatus: 'Never' })),
  }));
  await edit('test-management-configs', used.testManagementConfigId, () => ({ passThresholdPercent: 1 }));
  await edit('communication-channels', used.commsConfigId, ({ channels }) => {
    const { critical } = channels as Record<string, string[]>;
    return { channels: { releases: critical, builds: critical, regression: critical, critical } };
  });
}

const workflowsAt = (ref: string) => tenant.effects().runs.flatMap((run) => (run.ref === ref ? [run.workflow] : []));

const channelsOf = ({ version }: ReleaseHandle) =>
  new Set(
    tenant
      .effects()
      .messages.filter(({ text, seeded }) => !seeded && text.includes(version))
      .map(({ channel }) => channel),
  );

it('builds with the workflows it was created with', () => {
  const candidate = workflowsAt(`v${running.version}-rc.1`);
  const final = workflowsAt(`v${running.version}`);
  const nextCandidate = workflowsAt(`v${next.version}-rc.1`);

  expect([candidate.length, final.length, nextCandidate.length]).toEqual([2, 2, 2]);
  expect(final.filter((workflow) => candidate.includes(workflow))).toEqual([]);
  expect(final.filter((workflow) => nextCandidate.includes(workflow))).toHaveLength(1);
});

it('counts its tickets as done by the status it was created with', async () => {
  const standings = async (release: ReleaseHandle) =>
    ((await release.task(CHECK)).output?.tickets ?? []) as { status: string; done: boolean }[];
  const { done } = tenant.sandbox.tickets.states;

  const settled = await waitFor(
    async () => {
      const seen = await standings(next);
      return seen.length === 2 && seen.every(({ status }) => status === done) ? seen : null;
    },
    { what: 'the tickets of the next release to be moved', timeoutMs: 20_000 },
  );

  expect((await standings(running)).map((ticket) => ticket.done)).toEqual([true, true]);
  expect(settled.map((ticket) => ticket.done)).toEqual([false, false]);
});

it('speaks in the channels it was created with', async () => {
  await waitFor(async () => channelsOf(next).size > 0, { what: 'a message of the next release' });

  expect([...channelsOf(running)]).toEqual(expect.arrayContaining(['releases']));
  expect([...channelsOf(next)]).toEqual(['critical']);
});

it('shows what its config says differently today, and the next one nothing', async () => {
  const compare = (release: ReleaseHandle) => tenant.owner.get<ConfigComparison>(`${release.path}/config`);

  const { differences, configActive } = await compare(running);

  expect(configActive).toBe(true);
  expect(
    differences.map(({ path }) => path.split('/').slice(1, 3).join('/')).filter((path, index, all) => all.indexOf(path) === index),
  ).toEqual(['ci/workflows', 'projectManagement/platforms', 'testManagement/passThresholdPercent', 'communication/channels']);
  expect((await compare(next)).differences).toEqual([]);
});
