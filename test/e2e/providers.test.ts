import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ciChoices, scmChoices } from '../../sandbox/hosts/host.ts';
import { dumpDatabase, dumpRedis } from './stores.ts';
import { openWorld, type World } from './world.ts';

/** The sample release with every source control and every CI, each pair a team of one world. */

const pairs = scmChoices.flatMap((scm) => ciChoices.map((ci) => ({ name: `${scm} and ${ci}`, scm, ci })));
const choices = Object.fromEntries(pairs.map(({ name, scm, ci }) => [name, { scm, ci }]));

describe('a release with', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      tenants: pairs.map(({ name }) => name),
      workers: 2,
      sandbox: { choices, robots: { developer: { fixAfterMs: 100 } } },
      // The fakes show at once what was written to them.
      env: { SEARCH_LAG_MAX_MS: '2000' },
    });
    // All at once: each pair waits for its own.
    await Promise.all(pairs.map(({ name }) => world.tenant(name).createRelease({ slots: [0, 1_000] })));
  }, 120_000);
  afterAll(() => world?.stopAll());

  it.each(pairs)(
    '$name ends COMPLETED, every effect once, its artifacts kept',
    async ({ name, scm }) => {
      const tenant = world.tenant(name);
      const [release] = tenant.releases;

      await release?.until('COMPLETED', { approving: true, timeoutMs: 110_000 });

      const { counts, duplicates, branches, tags, runs } = tenant.effects();
      const version = release?.version;
      expect(duplicates).toEqual([]);
      expect(branches.filter(({ seeded }) => !seeded).map((branch) => branch.name)).toEqual([`release/${version}`]);
      expect(tags.filter(({ seeded }) => !seeded).map((tag) => [tag.name, tag.annotated])).toEqual([
        [`v${version}-rc.1`, true],
        [`v${version}-rc.2`, true],
        [`v${version}`, true],
      ]);
      // Bitbucket keeps no release objects: there the annotated tag is all.
      expect(counts.releases).toBe(scm === 'bitbucket' ? 0 : 1);
      expect(runs.filter(({ correlationId }) => correlationId === null)).toEqual([]);
      const kept = ((await release?.builds()) ?? []).filter(({ artifact }) => artifact?.kept === true);
      expect(kept.length).toBeGreaterThan(4);
      expect(await readdir(join(world.env.ARTIFACTS_DIR ?? '', tenant.tenantId))).toHaveLength(kept.length);
    },
    120_000,
  );

  it('left no credential and no webhook secret in any row, key or line of log', async () => {
    const secrets = pairs.flatMap(({ name }) => {
      const { sandbox, webhookSecret } = world.tenant(name);
      return [webhookSecret, ...[sandbox.scm, sandbox.ci].flatMap(({ credentials }) => secretsIn(credentials))];
    });
    const rows = await dumpDatabase(world.databaseUrl);
    const keys = await dumpRedis(world.redisUrl, world.prefix);
    const kept = [...world.logs(), ...[...rows, ...keys].map(({ text }) => text)];

    const found = kept.filter((text) => secrets.some((secret) => text.includes(secret)));

    expect(kept.length).toBeGreaterThan(1_000);
    expect(found).toEqual([]);
  });
});

/** Each secret as it is, and as basic authentication sends it. */
function secretsIn(credentials: Record<string, string>): string[] {
  const { user, apiToken, token } = credentials;
  const plain = [apiToken, token].flatMap((secret) => secret ?? []);
  return [...plain, ...(user === undefined ? [] : plain.map((secret) => Buffer.from(`${user}:${secret}`).toString('base64')))];
}
