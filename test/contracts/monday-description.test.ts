import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monday } from '../../src/integrations/providers/monday/index.ts';
import { mondayIssueTracker } from '../../src/integrations/providers/monday/issue-tracker.ts';
import * as queries from '../../src/integrations/providers/monday/queries.ts';
import type { RecordedCall } from '../fakes/fake-server.ts';
import { all } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { addItemOfVersion, connectionTo, depsOf, seeded } from './monday-harness.ts';
import { contractsModule } from './spec-peer.ts';

/** monday's own schema as a peer: it checks documents, variables and the version header. */
interface GraphqlPeer {
  readonly url: string;
  readonly schema: unknown;
  readonly violations: unknown[];
  readonly log: { warnings?: unknown[] }[];
  close(): Promise<void>;
}

interface GraphqlProxyModule {
  createGraphqlProxy(options: { provider: 'monday' }): Promise<GraphqlPeer>;
}

interface GraphqlModule {
  graphql(request: {
    schema: unknown;
    source: string;
    variableValues: unknown;
    rootValue: unknown;
    fieldResolver: (source: Record<string, unknown>, args: unknown, context: unknown, info: { fieldName: string }) => unknown;
    typeResolver: (value: { type?: string }) => string | undefined;
  }): Promise<{ data?: unknown; errors?: { message: string }[] }>;
}

interface Sent {
  query: string;
  variables?: Record<string, unknown>;
}

const valueTypes: Readonly<Record<string, string>> = {
  status: 'StatusValue',
  tags: 'TagsValue',
  dropdown: 'DropdownValue',
  text: 'TextValue',
};

async function openPeer(): Promise<{ peer: GraphqlPeer; graphql: GraphqlModule['graphql'] } | null> {
  const proxy = (await contractsModule('graphql-proxy.mjs')) as GraphqlProxyModule | null;
  const engine = (await contractsModule('node_modules/graphql/index.js')) as GraphqlModule | null;
  return proxy && engine && { peer: await proxy.createGraphqlProxy({ provider: 'monday' }), graphql: engine.graphql };
}

describe("monday against the vendor's schema", () => {
  let setup: Awaited<ReturnType<typeof seeded>>;
  beforeEach(async () => {
    setup = await seeded();
  });
  afterEach(() => setup.fake.close());

  /** Everything the adapter does, refusals included. */
  async function everything(): Promise<void> {
    const { fake, board, bot } = setup;
    const connection = connectionTo(fake.origin, { boardId: board.id });
    const tracker = mondayIssueTracker(connection, depsOf());
    const optional = { assignee: bot.id, priority: 'High' };
    const ticket = {
      project: board.id,
      type: 'Hotfixes',
      title: 'Release',
      description: 'Text',
      labels: ['4.2.0'],
      marker: 'm-1',
      ...optional,
    };
    const closed = fake.world.addBoard({ name: 'Closed', kind: 'private', subscribers: [bot] });

    const { key } = await tracker.ensureTicket(ticket);
    await tracker.ensureTicket(ticket);
    await tracker.ticket(key);
    await tracker.setStatus(key, 'Done');
    await tracker.ensureComment(key, { text: 'Out.', marker: 'c-1' });
    await tracker.ensureLink(key, { url: 'https://ci.example.com/1', title: 'Build 1' });
    await tracker.ensureLink(key, { url: 'https://ci.example.com/1', title: 'Build 1 is out' });
    for (let index = 0; index <= 100; index += 1) addItemOfVersion(fake, board, { version: '4.2.0', title: `Fix ${index}` });
    await all(tracker.ticketsOfVersion({ project: board.id, version: '4.2.0' }));
    await all(tracker.projects());
    await all(tracker.users(board.id));
    await all(tracker.users(closed.id));
    await tracker.types(board.id);
    await tracker.statuses(board.id);
    const dropdown = mondayIssueTracker(connectionTo(fake.origin, { labelsColumn: 'Areas', versionColumn: 'Areas' }), depsOf());
    await dropdown.ensureTicket({ ...ticket, marker: 'm-2' });
    await all(dropdown.ticketsOfVersion({ project: board.id, version: '4.2.0' }));
    await providerError(tracker.ensureTicket({ ...ticket, marker: 'm-3', assignee: '7' }));
    await monday.verify(connection, depsOf(), 'project-management');
  }

  const sentOf = (call: RecordedCall) => call.body as Sent;

  it('the adapter sends nothing the schema does not know, and nothing that is deprecated', async ({ skip }) => {
    const opened = await openPeer();
    if (!opened) return skip('the API descriptions are not available here');
    const { peer } = opened;
    try {
      await everything();

      for (const { body, headers } of setup.fake.calls) {
        const { authorization = '', 'content-type': type = '', 'api-version': version } = headers;
        const sent = { authorization, 'content-type': type, 'api-version': String(version) };
        await fetch(peer.url, { method: 'POST', headers: sent, body: JSON.stringify(body) });
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
        const result = await graphql({
          schema: peer.schema,
          source: query,
          variableValues: variables,
          rootValue: data,
          fieldResolver: (source, _args, _context, info) => source[info.fieldName],
          typeResolver: (value) => valueTypes[value.type ?? ''],
        });
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
