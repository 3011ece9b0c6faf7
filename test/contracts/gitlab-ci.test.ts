import { describe, expect, it } from 'vitest';
import { gitlabCi } from '../../src/integrations/providers/gitlab/ci.ts';
import type { FakeProject } from '../fakes/gitlab/index.ts';
import { ciContract } from './ci.contract.ts';
import { gitlabCiHarness } from './gitlab-ci-harness.ts';
import { GITLAB_BOT, GITLAB_PROJECT, gitlabSetup } from './gitlab-harness.ts';

ciContract('gitlab', gitlabCiHarness, {
  skip: [
    {
      reason: 'a GitLab project has one CI/CD configuration, and so one workflow',
      tests: [
        'workflows are listed to the last of three pages',
        'where runs show none, exactly one since the dispatch is ours',
        'where runs show none, several since the dispatch are a conflict, never the newest',
        'where runs show none, a run from before is not ours',
      ],
    },
  ],
});

const ID = 'sb-01jd3x8k2m';

/** A project with this configuration on its default branch, and a connection to it. */
async function withConfiguration(content: string, change: (project: FakeProject) => void = () => undefined) {
  const setup = await gitlabSetup();
  setup.project.pushCommit({ message: 'Build', files: { '.gitlab-ci.yml': content } });
  change(setup.project);
  const since = new Date(Date.now() - 60_000).toISOString();
  return {
    ...setup,
    ci: gitlabCi(setup.connection, setup.deps()),
    order: (inputs: Record<string, string> = {}) => ({ workflowId: 'pipeline', ref: 'main', inputs, correlationId: ID }),
    query: { workflowId: 'pipeline', ref: 'main', correlationId: ID, since },
  };
}

const plain = 'build:\n  script: [make]\n';
const declaring = (inputs: string, name: string) =>
  `spec:\n  inputs:\n    SIGNALBOX_CORRELATION_ID: { default: "" }\n${inputs}---\nworkflow: { name: ${JSON.stringify(name)} }\n${plain}`;

describe('pipelines of GitLab', () => {
  it('the one workflow of a project stands for its configuration', async () => {
    const { ci, fake } = await withConfiguration(plain, (project) => {
      project.ciConfigPath = 'ci/main.yml';
    });

    const workflows = [];
    for await (const workflow of ci.workflows()) workflows.push(workflow);

    expect(workflows).toEqual([{ id: 'pipeline', name: 'Pipeline', path: 'ci/main.yml', enabled: true }]);
    await fake.close();
  });

  it('a configuration that another project keeps is read there', async () => {
    const { ci, fake } = await withConfiguration(plain, (project) => {
      project.ciConfigPath = 'app.yml@acme/pipelines:stable';
    });
    const other = fake.world.addProject({ path: 'acme/pipelines', members: { [GITLAB_BOT]: 30 } });
    other.pushCommit({ branch: 'stable', message: 'Build', files: { 'app.yml': `variables: { version: "1" }\n${plain}` } });

    expect(await ci.workflowInputs('pipeline', 'main')).toMatchObject([{ name: 'version', default: '1' }]);
    await fake.close();
  });

  it('a pipeline carries the correlation id also where the configuration does not declare it', async () => {
    const { ci, fake, order, query } = await withConfiguration(plain);

    const { handle } = await ci.dispatch(order());

    expect(fake.world.pipeline(Number(handle)).variables).toEqual([
      { key: 'SIGNALBOX_CORRELATION_ID', value: ID, variable_type: 'env_var' },
    ]);
    expect(await ci.findRun(query)).toMatchObject({ handle });
    await fake.close();
  });

  it('inputs of the configuration are sent with their types, and found again by the name of the pipeline', async () => {
    const inputs = '    symbols: { type: boolean }\n    retries: { type: number, default: 1 }\n';
    const { ci, fake, order, query } = await withConfiguration(declaring(inputs, 'Build $[[ inputs.SIGNALBOX_CORRELATION_ID ]]'));
    fake.world.startPipeline(GITLAB_PROJECT, { ref: 'main', source: 'api', inputs: { symbols: false } });

    const { handle } = await ci.dispatch(order({ symbols: 'true', retries: '3', SIGNALBOX_CORRELATION_ID: ID }));

    expect(fake.world.pipeline(Number(handle))).toMatchObject({
      name: `Build ${ID}`,
      inputs: { symbols: true, retries: 3 },
      variables: [],
    });
    expect(await ci.findRun(query)).toMatchObject({ handle });
    await fake.close();
  });

  it('where pipelines show no correlation id, exactly one since the dispatch is ours and several are a conflict', async () => {
    const { ci, fake, query } = await withConfiguration(declaring('', 'Build'));
    const start = () => fake.world.startPipeline(GITLAB_PROJECT, { ref: 'main', source: 'api' });
    const { id } = start();
    const later = { ...query, since: new Date(Date.now() + 5_000).toISOString() };

    expect(await ci.findRun(query)).toMatchObject({ handle: String(id) });
    expect(await ci.findRun(later)).toBeNull();
    start();
    await expect(ci.findRun(query)).rejects.toMatchObject({ kind: 'conflict' });
    await fake.close();
  });

  it('a project in which nobody may pass variables is not sent any', async () => {
    const { ci, fake, order, query } = await withConfiguration(plain, (project) => {
      project.variablesRole = 'no_one_allowed';
    });

    const { handle } = await ci.dispatch(order());

    expect(fake.world.pipeline(Number(handle)).variables).toEqual([]);
    expect(await ci.findRun(query)).toMatchObject({ handle });
    await fake.close();
  });

  it('variables that the role may not pass are forbidden, in the words of GitLab', async () => {
    const { ci, fake, project, order } = await withConfiguration(plain, (of) => {
      of.variablesRole = 'owner';
    });

    await expect(ci.dispatch(order())).rejects.toMatchObject({
      kind: 'forbidden',
      message: expect.stringContaining('Insufficient permissions to set pipeline variables'),
    });
    expect(project.pipelines).toEqual([]);
    await fake.close();
  });

  it('a Developer, who may not read the variables of others, still finds the own pipeline', async () => {
    const { ci, fake, project, order, query } = await withConfiguration(plain);
    project.members.set(GITLAB_BOT, 30);
    fake.world.startPipeline(GITLAB_PROJECT, { ref: 'main', source: 'api' });
    const { handle } = await ci.dispatch(order());

    expect(await ci.findRun(query)).toMatchObject({ handle });
    await fake.close();
  });

  it('attempts are counted by how often the most repeated job ran', async () => {
    const { ci, fake, order } = await withConfiguration(`${plain}test:\n  script: [make test]\n`);
    const { handle } = await ci.dispatch(order());
    const attempts: (number | undefined)[] = [];

    for (let attempt = 0; attempt < 3; attempt += 1) {
      attempts.push((await ci.run(handle ?? ''))?.attempt);
      fake.world.advance(Number(handle), 'failed');
      await ci.rerunFailed(handle ?? '');
    }

    expect(attempts).toEqual([1, 2, 3]);
    await fake.close();
  });

  it('a pipeline is found also after somebody has broken the configuration', async () => {
    const { ci, fake, project, order, query } = await withConfiguration(plain);
    const { handle } = await ci.dispatch(order());
    project.pushCommit({ message: 'Break', files: { '.gitlab-ci.yml': 'a: [1\nb: :' } });

    expect(await ci.findRun(query)).toMatchObject({ handle });
    await expect(ci.workflowInputs('pipeline', 'main')).rejects.toMatchObject({ kind: 'invalid' });
    await fake.close();
  });

  it('an archive that has expired is listed as such until GitLab forgets it', async () => {
    const { ci, fake, order } = await withConfiguration(plain);
    const { handle = '' } = await ci.dispatch(order());
    fake.world.addArchive(Number(handle), 'build');
    fake.world.expireArchives(Number(handle));

    const artifacts = [];
    for await (const artifact of ci.artifacts(handle ?? '')) artifacts.push(artifact);

    expect(artifacts).toMatchObject([{ name: 'build/artifacts.zip', expired: true }]);
    await fake.close();
  });
});
