import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import type { WantedAnalysis } from '../../src/domain/deployment/rollout/analyses.ts';
import type { MetricsSource } from '../../src/integrations/capabilities/metrics-source.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createAnalysisService } from '../../src/services/execution/deployments/analysis-service.ts';
import { createTestDatabase, type TestDatabase, testDatabases } from '../support/databases.ts';
import { applySchema } from '../support/schema.ts';
import { idOf } from './deployment-facts.ts';

const MINUTE_MS = 60_000;

describe.each(testDatabases())('the judge of a rollout on $name', (server) => {
  let database: TestDatabase;
  let db: Database;
  let source: Record<string, 'sparse' | 'worse' | ProviderErrorKind>;
  let asked: string[];

  beforeAll(async () => {
    database = await createTestDatabase(server);
    const url = new Secret(database.url);
    await applySchema(database.url);
    db = openDatabase({ url, poolSize: 4 });
  });
  beforeEach(async () => {
    source = {};
    asked = [];
    await db.run('DELETE FROM measurements');
    await db.run('DELETE FROM analysis_runs');
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });

  const metrics: MetricsSource = {
    query: async () => [],
    async queryRange(query, { from, to, stepMs }) {
      asked.push(query);
      const [name = '', side] = query.split(' ');
      const says = source[name] ?? 'sparse';
      if (says !== 'sparse' && says !== 'worse') throw new ProviderError(says, `${name} was refused`, { provider: 'memory' });
      const every = says === 'worse' && side === 'green' ? 1 : 30;
      const points = Array.from({ length: 1 + (to.getTime() - from.getTime()) / stepMs }, (_each, index) => ({
        at: new Date(from.getTime() + index * stepMs),
        value: 1,
      }));
      return [{ labels: {}, points: points.filter((_point, index) => index % every === 0) }];
    },
  };

  const wanted = (...names: { name: string; critical?: boolean }[]): WantedAnalysis => ({
    ...{ key: 'step-1', kind: 'judge' },
    plan: {
      ...{ pass: 95, marginal: 75, windowMs: 5 * MINUTE_MS, stepMs: 5_000, inconclusiveDeadlineMs: 10 * MINUTE_MS },
      groups: [
        {
          ...{ name: 'errors', weight: 1 },
          metrics: names.map(({ name, critical = false }) => ({
            ...{ name, query: `${name} {{side}}`, critical, direction: 'increase' as const, missing: 'replace' as const },
          })),
        },
      ],
    },
  });
  const look = (analysis: WantedAnalysis) =>
    createAnalysisService(db).look(
      {
        ...{ tenantId: idOf('tenant'), scopeId: idOf('deployment'), rolloutId: idOf('rollout') },
        ...{ metrics, side: 'green' as const, words: {} },
      },
      analysis,
    );
  const pass = (ms: number) =>
    db.run('UPDATE analysis_runs SET started_at = started_at - INTERVAL ? MICROSECOND WHERE ended_at IS NULL', [ms * 1000]);
  const kept = async () =>
    Object.fromEntries(
      (await db.rows<{ metric: string; result: string }>('SELECT metric, result FROM measurements')).map(({ metric, result }) => [
        metric,
        result,
      ]),
    );

  /** The look after the window. */
  async function judged(analysis: WantedAnalysis) {
    await look(analysis);
    await pass(5 * MINUTE_MS);
    return look(analysis);
  }

  it('counts the instants that a sparse counter leaves out', async () => {
    expect(await judged(wanted({ name: 'errors' }))).toMatchObject({ verdict: 'successful', nextLookAt: null });
  });

  it('is an error at once where a metric is refused for good, and does not ask for it again', async () => {
    source = { broken: 'invalid', slow: 'unavailable' };
    const analysis = wanted({ name: 'broken' }, { name: 'slow' }, { name: 'errors' });

    const first = await judged(analysis);
    const measured = await kept();
    asked = [];
    source = { broken: 'invalid' };
    const second = await look(analysis);

    expect(first).toMatchObject({
      verdict: 'error',
      reason: expect.stringContaining('broken: broken was refused'),
      nextLookAt: expect.any(Number),
    });
    expect(measured).toEqual({ broken: 'error' });
    expect(second).toMatchObject({ verdict: 'error', nextLookAt: null });
    expect(asked).toEqual(expect.not.arrayContaining([expect.stringContaining('broken')]));
    expect(await kept()).toEqual({ broken: 'error', slow: 'success', errors: 'success' });
  });

  it('waits for what may heal, and passes when it has', async () => {
    source = { slow: 'unavailable' };
    const analysis = wanted({ name: 'slow' }, { name: 'errors' });

    expect(await judged(analysis)).toMatchObject({ verdict: 'running', nextLookAt: expect.any(Number) });
    source = {};
    expect(await look(analysis)).toMatchObject({ verdict: 'successful', nextLookAt: null });
  });

  it('is an error when the deadline passes without an answer', async () => {
    source = { slow: 'unavailable' };
    const analysis = wanted({ name: 'slow' }, { name: 'errors' });

    await judged(analysis);
    await pass(10 * MINUTE_MS);

    expect(await look(analysis)).toMatchObject({ verdict: 'error', nextLookAt: null });
    expect(await kept()).toEqual({ slow: 'error', errors: 'success' });
  });

  it('fails at once with a critical metric, whatever cannot be asked', async () => {
    source = { slow: 'unavailable', errors: 'worse' };

    expect(await judged(wanted({ name: 'slow' }, { name: 'errors', critical: true }))).toMatchObject({
      verdict: 'failed',
      nextLookAt: null,
    });
  });
});
