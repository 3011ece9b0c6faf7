import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linear } from '../../src/integrations/providers/linear/index.ts';
import { linearIssueTracker } from '../../src/integrations/providers/linear/issue-tracker.ts';
import { queries } from '../../src/integrations/providers/linear/queries.ts';
import { linearWebhookRegistrar } from '../../src/integrations/providers/linear/webhook-registrar.ts';
import type { RecordedCall } from '../fakes/fake-server.ts';
import { all, guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { connectionTo, type LinearSetup, linearSetup } from './linear-harness.ts';
import { contractsModule } from './spec-peer.ts';

/** Linear's own schema as a peer: it checks documents and variables. */
interface GraphqlPeer {
  readonly url: string;
  readonly schema: unknown;
  readonly violations: unknown[];
  readonly log: { warnings?: unknown[] }[];
  close(): Promise<void>;
}

interface GraphqlProxyModule {
  createGraphqlProxy(options: { provider: 'linear' }): Promise<GraphqlPeer>;
}

interface GraphqlModule {
  graphql(request: {
    schema: unknown;
    source: string;
    variableValues: unknown;
    rootValue: unknown;
    fieldResolver: (source: Record<string, unknown>, args: unknown, context: unknown, info: { fieldName: string }) => unknown;
  }): Promise<{ data?: unknown; errors?: { message: string }[] }>;
}

interface Sent {
  query: string;
  variables?: Record<string, unknown>;
}

async function openPeer(): Promise<{ peer: GraphqlPeer; graphql: GraphqlModule['graphql'] } | null> {
  const proxy = (await contractsModule('graphql-proxy.mjs')) as GraphqlProxyModule | null;
  const engine = (await contractsModule('node_modules/graphql/index.js')) as GraphqlModule | null;
  return proxy && engine && { peer: await proxy.createGraphqlProxy({ provider: 'linear' }), graphql: engine.graphql };
}

describe("linear against the vendor's schema", () => {
  let setup: LinearSetup;
  beforeEach(async () => {
    setup = await linearSetup();
  });
  afterEach(() => setup.fake.close());

  /** Everything the adapter does, refusals included. */
  async function everything(): Promise<void> {
    const connection = connectionTo(setup.fake.origin);
    const deps = guardedDeps('linear', []);
    const tracker = linearIssueTracker(connection, deps);
    const registrar = linearWebhookRegistrar(connection, deps);
    const epic = setup.fake.world.addIssue(setup.team, { title: 'Epic' });
    const optional = { assignee: setup.bot.id, parent: epic.identifier, priority: 'Urgent' };
    const ticket = { project: 'APP', type: 'Bug', title: 'Release', description: 'Text', labels: ['4.2.0'], marker: 'm-1', ...optional };
    const hook = { url: 'https://signalbox.example.com/hook', secret: 'whsec-0123456789' };

    const { key } = await tracker.ensureTicket(ticket);
    await tracker.findTicket({ project: setup.team.id, marker: 'm-1' });
    await tracker.setStatus(key, 'Done');
    await tracker.ensureComment(key, { text: 'Out.', marker: 'c-1' });
    await tracker.ensureLink(key, { url: 'https://ci.example.com/1', title: 'Build 1' });
    await tracker.ensureLink(key, { url: 'https://ci.example.com/1', title: 'Build 1 is out' });
    await all(tracker.ticketsOfVersion({ project: 'APP', version: '4.2.0' }));
    await all(tracker.projects());
    await all(tracker.users('APP'));
    await tracker.types('APP');
    await tracker.statuses('APP');
    await providerError(tracker.ensureTicket({ ...ticket, marker: 'm-2', parent: 'NOPE-1' }));
    await registrar.ensureHook(hook);
    await registrar.ensureHook(hook);
    await linearWebhookRegistrar({ ...connection, settings: { team: 'WEB' } }, deps).ensureHook({ ...hook, url: `${hook.url}/web` });
    await registrar.removeHook(hook.url);
    await linear.verify(connection, deps, 'project-management');
  }

  const sentOf = (call: RecordedCall) => call.body as Sent;

  it('the adapter sends nothing the schema does not know, and nothing that is deprecated', async ({ skip }) => {
    const opened = await openPeer();
    if (!opened) return skip('the API descriptions are not available here');
    const { peer } = opened;
    try {
      await everything();

      for (const { body, headers } of setup.fake.calls) {
        const { authorization = '', 'content-type': type = '' } = headers;
        await fetch(peer.url, { method: 'POST', headers: { authorization, 'content-type': type }, body: JSON.stringify(body) });
      }

      expect(peer.violations).toEqual([]);
      expect(peer.log.flatMap(({ warnings }) => warnings ?? [])).toEqual([]);
      const sent = new Set(setup.fake.calls.map((call) => sentOf(call).query));
      expect(Object.entries(queries).flatMap(([name, query]) => (sent.has(query) ? [] : [name]))).toEqual([]);
    } finally {
      await peer.close();
    }
  });

  it('the fake answers with what the schema allows, and with all of it', async ({ skip }) => {
    const opened = await openPeer();
    if (!opened) return skip('the API descriptions are not available here');
    const { peer, graphql } = opened;
    try {
      await everything();

      let compared = 0;
      for (const call of setup.fake.calls) {
        const { data } = call.answer as { data: unknown };
        if (data === null) continue;
        const { query, variables } = sentOf(call);
        const fieldResolver = (source: Record<string, unknown>, _args: unknown, _context: unknown, info: { fieldName: string }) =>
          source[info.fieldName];
        const result = await graphql({ schema: peer.schema, source: query, variableValues: variables, rootValue: data, fieldResolver });
        // The engine's objects have no prototype.
        expect(JSON.parse(JSON.stringify(result))).toEqual({ data });
        compared += 1;
      }
      expect(compared).toBeGreaterThan(30);
    } finally {
      await peer.close();
    }
  });
});
