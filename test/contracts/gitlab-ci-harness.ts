import type { Ci } from '../../src/integrations/capabilities/ci.ts';
import { gitlabCi } from '../../src/integrations/providers/gitlab/ci.ts';
import { gitlabWrites } from '../fakes/gitlab/index.ts';
import type { CiHarness, CiWorld } from './ci.contract.ts';
import { GITLAB_PROJECT, gitlabSetup, harnessOf } from './gitlab-harness.ts';

const configuration = `spec:
  inputs:
    track: { description: Where it goes, options: [internal, beta], default: internal }
    symbols: { type: boolean, default: false }
    retries: { type: number, default: 1.10 }
    flavours: { type: array, default: [free, paid] }
---
variables:
  version: { description: Version to build, value: "0.0.0" }
  region: { options: [eu, us], value: eu }
  SIGNALBOX_CORRELATION_ID: ""
build:
  script: [make]
`;
const input = { description: null, required: false, default: null, options: [] };
const statuses = { running: 'running', succeeded: 'success', failed: 'failed', cancelled: 'canceled' } as const;

export async function gitlabCiHarness(): Promise<CiHarness> {
  const setup = await gitlabSetup();
  const { project, fake } = setup;
  const { world } = fake;
  project.pushCommit({ message: 'Build', files: { '.gitlab-ci.yml': configuration } });
  return harnessOf<Ci, CiWorld>(setup, gitlabCi, {
    correlated: 'pipeline',
    plain: 'none: a project has one workflow',
    ref: project.defaultBranch,
    declared: [
      { ...input, name: 'track', description: 'Where it goes', type: 'choice', default: 'internal', options: ['internal', 'beta'] },
      { ...input, name: 'symbols', type: 'boolean', default: 'false' },
      { ...input, name: 'retries', type: 'number', default: '1.10' },
      { ...input, name: 'flavours', type: 'unknown', default: '["free","paid"]' },
      { ...input, name: 'version', description: 'Version to build', type: 'string', default: '0.0.0' },
      { ...input, name: 'region', type: 'choice', default: 'eu', options: ['eu', 'us'] },
    ],
    seedWorkflows: () => undefined,
    // Through the API, so that only the correlation id tells it from ours.
    startByHand: (_workflowId, ref) => String(world.startPipeline(GITLAB_PROJECT, { ref, source: 'api' }).id),
    runs: () => project.pipelines.map((pipeline) => String(pipeline.id)),
    advance: (handle, to) => world.advance(Number(handle), statuses[to]),
    attempts: (handle) => world.pipeline(Number(handle)).jobs.filter((job) => job.name === 'build').length,
    seedArtifacts(handle, count, content) {
      for (let index = 0; index < count; index += 1) world.addArchive(Number(handle), `build ${index + 1}/${count}`, content);
    },
    expireArtifacts: (handle) => world.expireArchives(Number(handle)),
    hideNewRuns() {
      world.pipelinesVisibleAfterMs = 3_600_000;
    },
    showRuns() {
      for (const pipeline of project.pipelines) pipeline.visibleAt = 0;
    },
    endpoints: {
      run: { method: 'GET', path: /\/pipelines\/\d+$/ },
      dispatch: gitlabWrites.pipeline,
      cancel: gitlabWrites.cancel,
      rerun: gitlabWrites.retry,
      download: { method: 'GET', path: /\/jobs\/\d+\/artifacts$/ },
    },
  });
}
