import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import type { TestCatalogue } from '../../src/integrations/capabilities/test-catalogue.ts';
import type { CallMatch, FakeServer } from '../fakes/fake-server.ts';
import { all } from './adapter-harness.ts';
import { type ContractSkip, contractCases, expectNoSecret, providerError, refusals } from './contract-case.ts';

export interface TestCatalogueHarness {
  connect(options?: { signal?: AbortSignal; timeoutMs?: number; wrongCredentials?: boolean }): TestCatalogue;
  /** Every facet of the provider, with the names its values get in the harness's project: two each, given out of order. */
  facets: Record<string, [string, string]>;
  projectId: string;
  /** A project without sections and facet values, where the provider keeps those per project. */
  emptyProjectId: string;
  world: {
    /** So many projects with these names, in this order. */
    addProjects(count: number, nameOf: (index: number) => string): void;
    addSection(name: string, parentId: string | null): string;
    removeProject(): string;
  };
  server: Pick<FakeServer, 'failNext' | 'clearFaults' | 'calls'>;
  /** The requests that list. */
  requests: { projects: CallMatch; sections: CallMatch; facets: Record<string, CallMatch> };
  errorBody(words: string): unknown;
  secrets: string[];
  close(): Promise<void>;
}

export function testCatalogueContract(
  name: string,
  makeHarness: () => Promise<TestCatalogueHarness>,
  options: { skip?: ContractSkip[]; dialect?: Parameters<typeof refusals>[0] } = {},
) {
  describe(`test catalogue: ${name}`, () => {
    const cases = contractCases(options.skip ?? []);
    const { guarantee } = cases;
    let h: TestCatalogueHarness;
    beforeAll(async () => {
      h = await makeHarness();
    });
    beforeEach(() => h.server.clearFaults());
    afterAll(() => h?.close());

    /** Every list there is, each with the request it is read by. */
    const lists = (): [CallMatch, (subject: TestCatalogue) => Promise<unknown>][] => [
      [h.requests.projects, (subject) => all(subject.projects())],
      [h.requests.sections, (subject) => subject.sections(h.projectId)],
      ...Object.entries(h.requests.facets).map(([facet, request]): [CallMatch, (subject: TestCatalogue) => Promise<unknown>] => [
        request,
        (subject) => subject.facetValues(h.projectId, facet),
      ]),
    ];

    guarantee('projects are listed to the last of three pages, each once', async () => {
      const before = (await all(h.connect().projects())).length;
      h.world.addProjects(250, (index) => `Listed ${index}`);

      const projects = await all(h.connect().projects());

      expect(projects).toHaveLength(before + 250);
      expect(new Set(projects.map(({ id }) => id)).size).toBe(projects.length);
      expect(projects).toContainEqual({ id: expect.any(String), name: 'Listed 0' });
    });

    guarantee('whoever stops reading projects early asks for no further page', async () => {
      const before = h.server.calls.filter(({ path }) => path === h.requests.projects.path).length;

      for await (const _project of h.connect().projects()) break;

      expect(h.server.calls.filter(({ path }) => path === h.requests.projects.path).length).toBe(before + 1);
    });

    guarantee('sections are a tree: each after its parent, siblings by name, with the path to it', async () => {
      const web = h.world.addSection('Web', null);
      const app = h.world.addSection('App', null);
      const login = h.world.addSection('Login', app);
      h.world.addSection('By code', login);
      h.world.addSection('Cart', app);
      h.world.addSection('Login', web);

      const sections = (await h.connect().sections(h.projectId)) ?? [];

      expect(sections.map(({ path }) => path.join('/'))).toEqual(['App', 'App/Cart', 'App/Login', 'App/Login/By code', 'Web', 'Web/Login']);
      expect(sections.find(({ id }) => id === login)).toEqual({ id: login, name: 'Login', parentId: app, path: ['App', 'Login'] });
      expect(sections.find(({ id }) => id === web)?.parentId).toBeNull();
    });

    guarantee('facets are named, and their values listed by name', async () => {
      const subject = h.connect();

      expect(subject.facets.map(({ key }) => key).sort()).toEqual(Object.keys(h.facets).sort());
      for (const { key } of subject.facets) {
        const values = (await subject.facetValues(h.projectId, key)) ?? [];
        expect(values.map((value) => value.name)).toEqual([...(h.facets[key] ?? [])].sort());
        expect(values.every(({ id }) => id !== '')).toBe(true);
      }
    });

    guarantee('a facet that the provider does not have is invalid and named', async () => {
      const error = await providerError(h.connect().facetValues(h.projectId, 'colours'));

      expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('colours') });
    });

    guarantee('a project without sections has none; one that is not there or was removed is null', async () => {
      const removed = h.world.removeProject();
      const subject = h.connect();

      expect(await subject.sections(h.emptyProjectId)).toEqual([]);
      for (const id of ['987654', removed]) {
        expect(await subject.sections(id)).toBeNull();
        for (const { key } of subject.facets) expect(await subject.facetValues(id, key)).toBeNull();
      }
      expect((await all(subject.projects())).map(({ id }) => id)).not.toContain(removed);
    });

    guarantee('an id that is none is invalid', async () => {
      expect((await providerError(h.connect().sections('1 or 1'))).kind).toBe('invalid');
    });

    guarantee('wrong credentials are unauthorized and never read as empty', async () => {
      for (const [, read] of lists()) {
        const error = await providerError(read(h.connect({ wrongCredentials: true })));

        expect(error.kind).toBe('unauthorized');
        expectNoSecret(error, h.secrets);
      }
    });

    for (const { when, kind, fault, retryAfterMs } of refusals(options.dialect)) {
      guarantee(`${when} is ${kind}, for every list, and the next try works`, async () => {
        for (const [request, read] of lists()) {
          const body = h.errorBody(`because of ${h.secrets[0]}`);
          h.server.failNext({ ...fault, match: request, ...(fault.status && { body }) });

          const error = await providerError(read(h.connect({ timeoutMs: kind === 'timeout' ? 100 : 10_000 })));

          expect(error).toMatchObject({ kind, retryAfterMs });
          expectNoSecret(error, h.secrets);
          h.server.clearFaults();
          await expect(read(h.connect())).resolves.toBeDefined();
        }
      });
    }

    guarantee('an abort stops the call and gives its reason', async () => {
      for (const [request, read] of lists()) {
        const reason = new Error('nobody waits any more');
        const controller = new AbortController();
        const before = h.server.calls.length;
        h.server.failNext({ match: request, mode: 'hang' });

        const outcome = expect(read(h.connect({ signal: controller.signal }))).rejects.toBe(reason);
        await expect.poll(() => h.server.calls.slice(before).some((call) => call.path === request.path)).toBe(true);
        controller.abort(reason);

        await outcome;
        h.server.clearFaults();
      }
    });

    cases.end();
  });
}
