import { localDeployTarget } from '../../src/integrations/providers/local-runner/deploy-target.ts';
import { localJobRunner } from '../../src/integrations/providers/local-runner/job-runner.ts';
import { type DeployTargetHarness, deployTargetContract } from './deploy-target.contract.ts';
import { type JobRunnerHarness, jobRunnerContract } from './job-runner.contract.ts';
import { localWorld } from './local-runner-harness.ts';

const config = { command: ['node', 'hello.mjs'], overlapMs: 0, graceMs: 2_000, stableMs: 1_000 };

async function harness(): Promise<DeployTargetHarness> {
  const world = localWorld();
  return {
    connect: () => localDeployTarget(world.connection, world.deps()),
    place: (side) => ({ name: 'hello', side, config }),
    wrong: [
      { config: {}, field: '/command' },
      { config: { ...config, command: [] }, field: '/command' },
      { config: { ...config, portVariable: 'NOT A NAME' }, field: '/portVariable' },
      { config: { ...config, limits: { memoryMb: 1 } }, field: '/limits/memoryMb' },
      { config: { ...config, comand: ['x'] }, field: '/comand' },
    ],
    close: world.close,
  };
}

deployTargetContract('local-runner', harness);

async function jobHarness(): Promise<JobRunnerHarness> {
  const world = localWorld();
  return { connect: () => localJobRunner(world.connection, world.deps()), close: world.close };
}

jobRunnerContract('local-runner', jobHarness);
