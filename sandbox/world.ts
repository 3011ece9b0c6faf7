import { createBitbucketFake } from '../test/fakes/bitbucket/index.ts';
import { createCheckmateFake } from '../test/fakes/checkmate/index.ts';
import { createGithubFake } from '../test/fakes/github/index.ts';
import { createGitlabFake } from '../test/fakes/gitlab/index.ts';
import { createJenkinsFake } from '../test/fakes/jenkins/index.ts';
import { createJiraFake } from '../test/fakes/jira/index.ts';
import { createSlackFake } from '../test/fakes/slack/index.ts';
import { startControl } from './control.ts';
import { effectsOf, markSeeded } from './effects.ts';
import { startRobots } from './robots/index.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { addReleasedVersion, createSeedClock } from './seed/repository.ts';
import { accessOf, type Fakes, type SandboxTenant, seedTenant } from './tenant.ts';
import { UnknownTenant } from './unknown-tenant.ts';
import { createWebhooks } from './webhooks.ts';

export type { TenantEffects } from './effects.ts';
export type { Sandbox, SandboxOptions } from './sandbox.ts';
export type { SandboxTenant, TenantAccess } from './tenant.ts';

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { ports = {}, speed = 1, scm = 'github', ci = 'github', choices = {} } = options;
  const wanted = [{ scm, ci }, ...Object.values(choices)].flatMap((choice): string[] => [choice.scm, choice.ci]);
  const choiceOf = (name: string) => choices[name] ?? { scm, ci };
  const clock = createSeedClock();
  const opened: { close(): Promise<void> }[] = [];
  const opening = async <T extends { close(): Promise<void> }>(start: Promise<T>): Promise<T> => {
    const server = await start;
    opened.push(server);
    return server;
  };
  try {
    const fakes: Fakes = {
      github: await opening(createGithubFake({ port: ports.github ?? 0, now: clock.now, maxCalls: 200 })),
      gitlab: wanted.includes('gitlab')
        ? await opening(createGitlabFake({ port: ports.gitlab ?? 0, now: clock.now, maxCalls: 200 }))
        : null,
      bitbucket: wanted.includes('bitbucket')
        ? await opening(createBitbucketFake({ port: ports.bitbucket ?? 0, now: clock.now, maxCalls: 200 }))
        : null,
      jenkins: wanted.includes('jenkins') ? await opening(createJenkinsFake({ port: ports.jenkins ?? 0, tokens: {} })) : null,
      jira: await opening(createJiraFake({ port: ports.jira ?? 0 })),
      checkmate: await opening(createCheckmateFake({ port: ports.checkmate ?? 0 })),
      slack: await opening(createSlackFake({ port: ports.slack ?? 0 })),
    };
    const webhooks = await opening(createWebhooks());
    fakes.github.world.webhookTarget = webhooks.source;
    const tenants: SandboxTenant[] = [];
    const sandbox: Omit<Sandbox, 'controlOrigin'> = {
      fakes,
      tenants,
      sentWebhooks: webhooks.sent,
      outboundAllow: [fakes.github.artifactOrigin, ...Object.values(fakes).flatMap((fake) => fake?.origin ?? [])]
        .map((origin) => new URL(origin).host)
        .join(','),
      addTenant(name) {
        const owner = slugOf(name);
        if (tenants.some((each) => each.github.owner === owner)) throw new Error(`the sandbox has a tenant ${name} already`);
        const project = tenants.length === 0 ? 'SHOP' : `SHOP${tenants.length + 1}`;
        const tenant = seedTenant(fakes, clock, webhooks, { name, owner, repo: 'shop', project }, choiceOf(name));
        markSeeded(tenant, fakes);
        tenants.push(tenant);
        return tenant;
      },
      tenant(name) {
        const tenant = name === undefined ? tenants[0] : tenants.find((each) => each.name === name);
        if (tenant === undefined) throw new UnknownTenant(`the sandbox has no tenant ${name ?? 'at all'}`);
        return tenant;
      },
      access: (name) => accessOf(sandbox.tenant(name)),
      pointWebhooks(name, { scm: code = [], ci: builds = [], jira = [] }) {
        const tenant = sandbox.tenant(name);
        const { owner, repo } = tenant.github;
        const [codeTargets, buildTargets] = [[code].flat(), [builds].flat()];
        const choice = choiceOf(tenant.name);
        const github = [...(choice.scm === 'github' ? codeTargets : []), ...(choice.ci === 'github' ? buildTargets : [])];
        webhooks.point({ fullName: `${owner}/${repo}`, project: tenant.jira.project }, { github, jira: [jira].flat() });
        tenant.code.point(codeTargets);
        tenant.builds.point(buildTargets);
      },
      effects: (name) => effectsOf(sandbox.tenant(name), fakes),
      rememberReleases(name, tags) {
        const { repository, seeded } = sandbox.tenant(name);
        for (const tag of tags) if (addReleasedVersion(repository, clock, tag)) seeded.add(`tag ${tag}`);
      },
      async close() {
        robots.stop();
        // What sends goes before what receives.
        for (const server of opened.toReversed()) await server.close();
      },
    };
    for (const name of options.tenants ?? ['Acme']) sandbox.addTenant(name);
    const robots = startRobots({ fakes, webhooks, tenants, robots: options.robots ?? true, speed });
    const control = await opening(startControl(sandbox, ports.control ?? 0));
    return Object.assign(sandbox, { controlOrigin: control.origin });
  } catch (error) {
    for (const server of opened) await server.close();
    throw error;
  }
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (slug === '') throw new Error(`"${name}" has no letter or digit to make an owner of`);
  return slug;
}
