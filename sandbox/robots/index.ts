import type { Fakes } from '../fakes.ts';
import { gitlabArchives } from '../hosts/gitlab.ts';
import { artifactNames } from '../seed/workflow-files.ts';
import type { SandboxTenant } from '../tenant.ts';
import type { Webhooks } from '../webhooks.ts';
import { ciJobs } from './ci-jobs.ts';
import { developer } from './developer.ts';
import { productOwner } from './product-owner.ts';
import { reviewer } from './reviewer.ts';
import { type Robot, type RobotTimes, robotTimes } from './robot.ts';
import { testers } from './testers.ts';
import { uploads } from './uploads.ts';

interface RobotWorld {
  fakes: Fakes;
  webhooks: Webhooks;
  /** Grows while the robots run. */
  tenants: readonly SandboxTenant[];
  robots: boolean | Partial<RobotTimes>;
  speed: number;
}

const LOOK_EVERY_MS = 50;

export function startRobots({ fakes, webhooks, tenants, robots, speed }: RobotWorld): { stop(): void } {
  if (robots === false) return { stop: () => undefined };
  const times = { ...robotTimes, ...(robots === true ? {} : robots) };
  const repositories = () => tenants.map(({ repository }) => repository);
  const crew: Robot[] = [];
  if (times.ci !== false) {
    const pace = faster(times.ci, speed);
    fakes.github.world.autoComplete({ ...pace, artifactNames });
    fakes.gitlab?.world.autoComplete({ ...pace, archives: gitlabArchives });
    crew.push(
      ciJobs(repositories, webhooks),
      jenkinsExecutors(tenants, pace),
      uploads(() => tenants),
    );
  }
  if (times.testers !== false) crew.push(testers(fakes.checkmate.world, faster(times.testers, speed)));
  if (times.productOwner !== false) crew.push(productOwner(() => tenants, faster(times.productOwner, speed)));
  if (times.reviewer !== false) crew.push(reviewer(() => tenants, faster(times.reviewer, speed)));
  if (times.developer !== false) crew.push(developer(() => tenants, faster(times.developer, speed)));
  const timer = setInterval(() => {
    for (const robot of crew) robot.look(Date.now());
  }, LOOK_EVERY_MS);
  // The servers keep a process alive; looking around is no reason to.
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** The executors of every team that builds with Jenkins. */
function jenkinsExecutors(tenants: readonly SandboxTenant[], pace: Exclude<RobotTimes['ci'], false>): Robot {
  return {
    look(now) {
      for (const { jenkins } of tenants) jenkins?.robot(pace).look(now);
    },
  };
}

function faster<T extends Record<string, number>>(times: T, speed: number): T {
  // Every member is a number and stays one.
  return Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, ms / speed])) as T;
}
