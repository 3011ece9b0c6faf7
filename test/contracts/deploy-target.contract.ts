import { describe, expect } from 'vitest';
import type { Deployed, DeployTarget, Place, Workload } from '../../src/integrations/capabilities/deploy-target.ts';
import { waitFor } from '../support/wait-for.ts';
import { contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';
import { providerError } from './contract-case.ts';
import { type Archive, ask, brokenArchive, commandLines, opening, serverArchive } from './deploy-program.ts';

export interface DeployTargetHarness {
  /** A new instance on the same connection, as another process has it. */
  connect(): DeployTarget;
  /** Where nothing runs yet; its config runs `hello.mjs` of an archive. The same name gives the same place. */
  place(side: Place['side']): Place;
  /** Configs that are wrong in one field, and that field. */
  wrong: readonly { config: Record<string, unknown>; field: string }[];
  close(): Promise<void>;
}

const SECRET = 'hunter2 it\'s "$(id)" `x` \\ é';
const FAR_AWAY_MS = 60_000;

/** What every driver that runs services promises. Programs are real, and asked over their addresses. */
export function deployTargetContract(
  name: string,
  makeHarness: () => Promise<DeployTargetHarness>,
  {
    program,
    skip = [],
  }: {
    /** Where the program is that it needs; null = not on this machine, and the suite is skipped. */ program?: string | null;
    skip?: ContractSkip[];
  } = {},
): void {
  const absent = program === null;
  describe.skipIf(absent)(`deploy target: ${name}${absent ? ' [skipped: the program is not installed]' : ''}`, () => {
    const { test, end } = contractTests(makeHarness, skip);
    const first = serverArchive('1');
    const second = serverArchive('2');

    test('shows nothing where nothing was brought, and takes that for an answer', async ({ connect, place }) => {
      const subject = connect();

      expect(await subject.check(place('blue'))).toEqual({ ok: true });
      expect(await subject.observe(place('blue'))).toMatchObject({ state: { kind: 'absent' }, digest: null, configVersion: null });
      expect((await subject.ensureAbsent(place('blue'), { graceMs: 1_000 })).state).toEqual({ kind: 'absent' });
    });

    test('brings a workload, which becomes ready and is seen alike by every process', async ({ connect, place }) => {
      const asked = await connect().ensure(workloadOf(place('blue'), first));
      const seen = await untilReady(connect(), place('blue'));

      expect(['progressing', 'ready']).toContain(asked.state.kind);
      expect(asked.digest).toBe(first.digest);
      expect(seen).toMatchObject({ digest: first.digest, configVersion: 'c1', replicas: { wanted: 1, ready: 1 } });
      expect(seen.addresses).toHaveLength(1);
      expect((await ask(seen.addresses[0]))?.version).toBe('1');
      expect(await connect().observe(place('blue'))).toEqual(seen);
    });

    test('does once what is asked twice, at once or later', async ({ connect, place }) => {
      const workload = workloadOf(place('blue'), first);
      await Promise.all([connect().ensure(workload), connect().ensure(workload)]);
      const before = await ask((await untilReady(connect(), place('blue'))).addresses[0]);

      const again = await connect().ensure(workload);

      expect(again.state).toEqual({ kind: 'ready' });
      expect((await ask(again.addresses[0]))?.pid).toBe(before?.pid);
    });

    test('takes another configuration for another workload, and another archive', async ({ connect, place }) => {
      const subject = connect();
      await subject.ensure(workloadOf(place('blue'), first));
      const before = await ask((await untilReady(subject, place('blue'))).addresses[0]);

      await subject.ensure(workloadOf(place('blue'), first, { configVersion: 'c2', variables: new Map([['GREETING', 'changed']]) }));
      const configured = await untilReady(subject, place('blue'));
      const second_ = await ask(configured.addresses[0]);
      await subject.ensure(workloadOf(place('blue'), second, { configVersion: 'c2' }));
      const replaced = await untilReady(subject, place('blue'));

      expect(configured).toMatchObject({ digest: first.digest, configVersion: 'c2' });
      expect(second_).toMatchObject({ version: '1', env: { GREETING: 'changed' } });
      expect(second_?.pid).not.toBe(before?.pid);
      expect(replaced).toMatchObject({ digest: second.digest, configVersion: 'c2' });
      expect((await ask(replaced.addresses[0]))?.version).toBe('2');
    });

    test('goes back to what ran before', async ({ connect, place }) => {
      const subject = connect();
      for (const [archive, version] of [
        [first, '1'],
        [second, '2'],
        [first, '1'],
      ] as const) {
        await subject.ensure(workloadOf(place('blue'), archive));
        const { addresses } = await untilReady(subject, place('blue'));
        await waitFor(async () => (await ask(addresses[0]))?.version === version, { what: `version ${version}` });
      }
    });

    test('says of a program that does not stay up that it failed, and why', async ({ connect, place }) => {
      const subject = connect();
      await subject.ensure(workloadOf(place('blue'), brokenArchive()));

      const { state } = await waitFor(async () => failedOnly(await subject.observe(place('blue'))), { what: 'the failure' });

      expect(state.kind === 'failed' && state.why.length).toBeGreaterThan(5);
    });

    test('ends what runs, whoever is asked, and ending nothing is success', async ({ connect, place }) => {
      await connect().ensure(workloadOf(place('blue'), first));
      const { addresses } = await untilReady(connect(), place('blue'));

      await connect().ensureAbsent(place('blue'), { graceMs: 5_000 });
      await waitFor(async () => (await connect().observe(place('blue'))).state.kind === 'absent', { what: 'the end' });
      const again = await connect().ensureAbsent(place('blue'), { graceMs: 5_000 });

      expect(again).toMatchObject({ state: { kind: 'absent' }, digest: null });
      expect(await ask(addresses[0])).toBeNull();
    });

    test('ends by force what does not end by itself', async ({ connect, place }) => {
      await connect().ensure(workloadOf(place('blue'), first, { variables: new Map([['DEAF', '1']]) }));
      const { addresses } = await untilReady(connect(), place('blue'));

      await connect().ensureAbsent(place('blue'), { graceMs: 300 });

      await waitFor(async () => (await connect().observe(place('blue'))).state.kind === 'absent', { what: 'the end' });
      expect(await ask(addresses[0])).toBeNull();
    });

    test('runs both sides beside each other, each by itself', async ({ connect, place }) => {
      const subject = connect();
      await subject.ensure(workloadOf(place('blue'), first));
      await subject.ensure(workloadOf(place('green'), second));
      const [blue, green] = [await untilReady(subject, place('blue')), await untilReady(subject, place('green'))];

      expect([(await ask(blue.addresses[0]))?.version, (await ask(green.addresses[0]))?.version]).toEqual(['1', '2']);
      await subject.ensureAbsent(place('blue'), { graceMs: 5_000 });
      await waitFor(async () => (await subject.observe(place('blue'))).state.kind === 'absent', { what: 'the end of blue' });
      expect((await ask(green.addresses[0]))?.version).toBe('2');
    });

    test('refuses an archive that is not the one that was built, and what ran goes on', async ({ connect, place }) => {
      const subject = connect();
      await subject.ensure(workloadOf(place('blue'), first));
      const before = await untilReady(subject, place('blue'));
      const exchanged = workloadOf(place('blue'), { ...serverArchive('evil'), digest: second.digest });

      const error = await providerError(subject.ensure(exchanged));

      expect(error.kind).toBe('invalid');
      expect(error.message).toContain('digest');
      expect(await subject.observe(place('blue'))).toEqual(before);
      expect((await ask(before.addresses[0]))?.version).toBe('1');
    });

    test('hands variables to the process as they are, and shows them on no command line', async ({ connect, place }) => {
      const subject = connect();
      const variables = new Map([
        ['GREETING', SECRET],
        ['LINES', 'one\ntwo'],
        ['EMPTY', ''],
      ]);
      let lines = '';
      let isOver = false;
      const watching = (async () => {
        while (!isOver) {
          lines += commandLines();
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await subject.ensure(workloadOf(place('blue'), first, { variables }));
      const { addresses } = await untilReady(subject, place('blue'));
      isOver = true;
      await watching;

      const told = await ask(addresses[0]);
      expect(told?.env).toMatchObject(Object.fromEntries(variables));
      expect(lines).toContain('hello.mjs');
      expect(lines).not.toContain('hunter2');
    });

    test('runs commands beside what runs, with its variables', async ({ connect, place }) => {
      const subject = connect();
      await subject.ensure(workloadOf(place('blue'), first, { variables: new Map([['GREETING', SECRET]]) }));
      await untilReady(subject, place('blue'));
      const run = (script: string, timeoutMs = 20_000) => subject.run(place('blue'), ['sh', '-c', script], { timeoutMs });

      expect(subject.abilities.commands).toBe(true);
      expect(await run('printf %s "$GREETING"; cat version; exit 3')).toEqual({ exitCode: 3, output: `${SECRET}1` });
      expect((await providerError(run(`sleep ${FAR_AWAY_MS / 1000}`, 300))).kind).toBe('timeout');
    });

    test('names the field that is wrong in a config', async ({ connect, place, wrong }) => {
      const subject = connect();

      expect(subject.configProblems(place('blue').config)).toEqual([]);
      for (const { config, field } of wrong) expect(subject.configProblems(config)).toMatchObject([{ field }]);
    });

    end();
  });
}

function workloadOf(place: Place, archive: Archive, changes: Partial<Workload> = {}): Workload {
  const source = { kind: 'kept' as const, key: 'k', sizeBytes: archive.bytes.length };
  return {
    place,
    revision: { artifactId: 'a', version: '1', digest: archive.digest, commit: null, source },
    configVersion: 'c1',
    variables: new Map(),
    replicas: 1,
    open: opening(archive),
    ...changes,
  };
}

const untilReady = (subject: DeployTarget, place: Place): Promise<Deployed> =>
  waitFor(async () => readyOnly(await subject.observe(place)), { what: 'readiness' });

function readyOnly(seen: Deployed): Deployed | null {
  if (seen.state.kind === 'ready') return seen;
  throw new Error(JSON.stringify(seen));
}

const failedOnly = (seen: Deployed): Deployed | null => (seen.state.kind === 'failed' ? seen : null);
