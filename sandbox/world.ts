import { ConsoleRefusal } from './console-refusal.ts';
import { startControl } from './control.ts';
import { effectsOf, markSeeded } from './effects.ts';
import { openFakes } from './fakes.ts';
import { startRobots } from './robots/index.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { addReleasedVersion, createSeedClock } from './seed/repository.ts';
import type { StoreHost, StorePlace } from './stores/store.ts';
import { accessOf, type SandboxTenant, seedTenant, type TenantChoice } from './tenant.ts';
import { UnknownTenant } from './unknown-tenant.ts';
import { createWebhooks } from './webhooks.ts';

export type { TenantEffects } from './effects.ts';
export type { Sandbox, SandboxOptions } from './sandbox.ts';
export type { SandboxTenant, TenantAccess } from './tenant.ts';

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { ports = {}, speed = 1, scm = 'github', ci = 'github', tracker = 'jira', stores = false, choices = {} } = options;
  const choiceOf = (name: string): TenantChoice => ({ scm, ci, tracker, ...choices[name] });
  const clock = createSeedClock();
  const opened: { close(): Promise<void> }[] = [];
  const opening = async <T extends { close(): Promise<void> }>(start: Promise<T>): Promise<T> => {
    const server = await start;
    opened.push(server);
    return server;
  };
  try {
    const wanted = new Set(stores ? ['googlePlay', 'appStoreConnect'] : []);
    for (const choice of [{ scm, ci, tracker }, ...Object.values(choices)]) for (const id of Object.values(choice)) wanted.add(id);
    const fakes = await openFakes({ ports, wanted, clock, opening });
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
        const key = tenants.length === 0 ? 'SHOP' : `SHOP${tenants.length + 1}`;
        const tenant = seedTenant(fakes, clock, webhooks, { name, owner, repo: 'shop', key }, choiceOf(name));
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
      async pointWebhooks(name, { scm: code = [], ci: builds = [], tracker: tickets = [], stores: inStores = {} }) {
        const tenant = sandbox.tenant(name);
        const { owner, repo } = tenant.github;
        const [codeTargets, buildTargets] = [[code].flat(), [builds].flat()];
        const choice = choiceOf(tenant.name);
        const github = [...(choice.scm === 'github' ? codeTargets : []), ...(choice.ci === 'github' ? buildTargets : [])];
        webhooks.point(`${owner}/${repo}`, github);
        tenant.code.point(codeTargets);
        tenant.builds.point(buildTargets);
        await tenant.tickets.point([tickets].flat());
        for (const store of tenant.stores) await store.point([inStores[store.access.place.target] ?? []].flat());
      },
      rejectNext: (name, target, reason) => void storeOf(sandbox.tenant(name), target).rejections.push(reason),
      inConsole(name, target, act) {
        const store = storeOf(sandbox.tenant(name), target);
        const [last] = store
          .all()
          .filter(({ submissions }) => submissions > 0)
          .sort((one, other) => other.version.localeCompare(one.version, 'en', { numeric: true }));
        if (last === undefined) throw new ConsoleRefusal(`nothing was sent to the ${target} yet`);
        store.inConsole(last.version, act);
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

function storeOf({ name, stores }: SandboxTenant, target: StorePlace['target']): StoreHost {
  const store = stores.find(({ access }) => access.place.target === target);
  if (store === undefined) throw new UnknownTenant(`${name} is not in the ${target}: the sandbox was started without stores`);
  return store;
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (slug === '') throw new Error(`"${name}" has no letter or digit to make an owner of`);
  return slug;
}
