import { describe, expect } from 'vitest';
import type { Job, JobFiles, JobRunner, JobState } from '../../src/integrations/capabilities/job-runner.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { waitFor } from '../support/wait-for.ts';
import { contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type Archive, archiveOf, opening } from './deploy-program.ts';

export interface JobRunnerHarness {
  /** A new instance on the same connection, as another process has it. */
  connect(): JobRunner;
  close(): Promise<void>;
}

/** What everything that runs builds and tests promises. */
export function jobRunnerContract(
  name: string,
  makeHarness: () => Promise<JobRunnerHarness>,
  { skip = [] }: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`job runner: ${name}`, () => {
    const { test, end } = contractTests(makeHarness, skip);
    const shell = (script: string, changes: Partial<Job> = {}): Job => ({
      ...{ key: 'job-1', command: ['sh', '-c', script], variables: new Map(), files: [], timeoutMs: 60_000 },
      ...changes,
    });
    const beginning = (archive: Archive, changes: Partial<JobFiles> = {}): JobFiles[] => [
      { into: '.', strip: 0, open: opening(archive), ...changes },
    ];
    const ended = (subject: JobRunner, key = 'job-1'): Promise<JobState> =>
      waitFor(
        async () => {
          const state = await subject.state(key);
          return state.kind === 'ended' || state.kind === 'stopped' ? state : null;
        },
        { what: 'the end of the job' },
      );
    const text = async (file: { body: ReadableStream<Uint8Array> } | null) => (file === null ? null : new Response(file.body).text());

    test('knows nothing of a job that was never started', async ({ connect }) => {
      const subject = connect();

      expect(await subject.state('none')).toEqual({ kind: 'absent' });
      expect(await subject.log('none', 1_000)).toBe('');
      expect(await subject.openFile('none', 'file')).toBeNull();
      await subject.stop('none');
      await subject.remove('none');
    });

    test('runs a command on the files it is given, with its variables, and tells how it ended', async ({ connect }) => {
      const archive = archiveOf({ 'in/words': 'hello' });
      const variables = new Map([['NAME', "it's $x"]]);
      await connect().ensure(shell('cat in/words; echo " $NAME" >&2; echo done >out; exit 7', { variables, files: beginning(archive) }));

      expect(await ended(connect())).toEqual({ kind: 'ended', exitCode: 7 });
      expect(await connect().log('job-1', 1_000)).toBe("hello it's $x\n");
      expect(await connect().log('job-1', 4)).toBe(' $x\n'.slice(-4));
      const file = await connect().openFile('job-1', 'out');
      expect(file?.sizeBytes).toBe(5);
      expect(await text(file)).toBe('done\n');
    });

    test('begins with several archives, each in its folder, without the folder around one, whether its size is known or not', async ({
      connect,
    }) => {
      const sources = archiveOf({
        'shop-c0ffee/Makefile': 'all:',
        'shop-c0ffee/src/link': { type: 'SymbolicLink', linkpath: '../Makefile' },
      });
      const open = async () => ({ ...(await opening(sources)()), sizeBytes: null });
      const built = beginning(archiveOf({ 'server.mjs': 'serve()' }), { into: '.signalbox/artifact' });
      const files = [...beginning(sources, { strip: 1, open }), ...built];

      await connect().ensure(shell('cat Makefile src/link .signalbox/artifact/server.mjs; ls -A', { files }));
      await ended(connect());

      expect(await connect().log('job-1', 1_000)).toBe('all:all:serve().signalbox\nMakefile\nsrc\n');
    });

    test('fetches the files of a job once, and of one that was found not at all', async ({ connect }) => {
      let fetched = 0;
      const open = async () => {
        fetched += 1;
        return opening(archiveOf({ in: 'x' }))();
      };
      const job = shell('sleep 0.2', { files: [{ into: '.', strip: 0, open }] });
      await connect().ensure(job);
      await connect().ensure(job);
      await ended(connect());
      await connect().ensure(job);

      expect(fetched).toBe(1);
    });

    test('begins nothing where its files do not arrive whole, or lead out of its directory, and the next try may', async ({ connect }) => {
      const cut = async () => ({
        body: new ReadableStream<Uint8Array>({
          pull: (controller) => controller.error(new ProviderError('unavailable', 'cut', { provider: 'x' })),
        }),
        sizeBytes: null,
      });
      const bad: [JobFiles[], string][] = [
        [[{ into: '.', strip: 1, open: cut }], 'unavailable'],
        [beginning({ ...archiveOf({ a: 'b' }), bytes: archiveOf({ a: 'b'.repeat(5_000) }).bytes.subarray(0, -20) }), 'malformed'],
        [beginning(archiveOf({ 'top/../../out': 'x' }), { strip: 1 }), 'invalid'],
        [beginning(archiveOf({ '../out': 'x' }), { strip: 1 }), 'invalid'],
        [beginning(archiveOf({ 'top/link': { type: 'SymbolicLink', linkpath: '../out' } }), { strip: 1 }), 'invalid'],
        [beginning(archiveOf({ 'top/link': { type: 'Link', linkpath: 'top/../../out' } }), { strip: 1 }), 'invalid'],
        [beginning(archiveOf({ a: 'b' }), { into: '../elsewhere' }), 'invalid'],
      ];

      for (const [files, kind] of bad) {
        expect((await providerError(connect().ensure(shell('exit 0', { files })))).kind).toBe(kind);
        expect(await connect().state('job-1')).toEqual({ kind: 'absent' });
      }
      await connect().ensure(shell('cat in', { files: beginning(archiveOf({ in: 'well' })) }));
      expect(await ended(connect())).toEqual({ kind: 'ended', exitCode: 0 });
    });

    test('runs once what is started twice, at once or later', async ({ connect }) => {
      const job = shell('echo ran >>count; sleep 0.3');
      await Promise.all([connect().ensure(job), connect().ensure(job), connect().ensure(job)]);
      await ended(connect());

      expect(await connect().ensure(job)).toEqual({ kind: 'ended', exitCode: 0 });
      expect(await text(await connect().openFile('job-1', 'count'))).toBe('ran\n');
    });

    test('stops a job with everything it started, and stopping it again is success', async ({ connect }) => {
      const subject = connect();
      await subject.ensure(shell('(trap "" TERM; while :; do date +%s%N >alive; sleep 0.05; done) & echo started; wait'));
      await waitFor(async () => (await subject.log('job-1', 100)).includes('started'), { what: 'the start' });

      await connect().stop('job-1');
      await connect().stop('job-1');

      expect((await subject.state('job-1')).kind).toBe('stopped');
      const before = await text(await subject.openFile('job-1', 'alive'));
      await subject.ensure(shell('sleep 0.5', { key: 'job-2' }));
      await ended(subject, 'job-2');
      expect(await text(await subject.openFile('job-1', 'alive'))).toBe(before);
    });

    test('never begins a job that was stopped before, until it is removed', async ({ connect }) => {
      await connect().stop('job-1');

      expect((await connect().ensure(shell('echo ran >out'))).kind).toBe('stopped');
      expect(await connect().openFile('job-1', 'out')).toBeNull();

      await connect().remove('job-1');
      await connect().ensure(shell('echo ran >out'));
      expect(await ended(connect())).toEqual({ kind: 'ended', exitCode: 0 });
    });

    test('does not begin a job whose files are on their way when it is stopped', async ({ connect }) => {
      const archive = archiveOf({ 'in/words': 'hello' });
      let arrived: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const open = async () => {
        await held;
        return opening(archive)();
      };
      const starting = connect().ensure(shell('echo ran >out', { files: [{ into: '.', strip: 0, open }] }));

      await connect().stop('job-1');
      arrived();

      expect((await starting).kind).toBe('stopped');
      expect(await connect().openFile('job-1', 'out')).toBeNull();
    });

    test('stops a job whose time is over, and says so', async ({ connect }) => {
      await connect().ensure(shell('sleep 600', { timeoutMs: 200 }));

      const state = await ended(connect());

      expect(state).toEqual({ kind: 'stopped', why: expect.stringContaining('200') });
    });

    test('does not take a signal, or a program that is not there, for an end', async ({ connect }) => {
      await connect().ensure(shell('kill -9 $$'));
      await connect().ensure({ ...shell(''), key: 'job-2', command: ['no-such-program'] });

      expect(await ended(connect())).toEqual({ kind: 'stopped', why: expect.stringContaining('SIGKILL') });
      expect(await ended(connect(), 'job-2')).toEqual({ kind: 'stopped', why: expect.stringContaining('ENOENT') });
    });

    test('opens no file outside of the directory, whatever leads there', async ({ connect }) => {
      await connect().ensure(shell('ln -s /etc/passwd link; ln -s /etc dir; mkdir inside; echo y >inside/file; ln -s inside/file good'));
      await ended(connect());
      const open = (path: string) => connect().openFile('job-1', path);

      for (const path of ['../spec.json', '/etc/passwd', 'inside/../../spec.json'])
        expect((await providerError(open(path))).kind).toBe('invalid');
      for (const path of ['link', 'dir/passwd']) expect((await providerError(open(path))).kind).toBe('forbidden');
      expect(await open('inside')).toBeNull();
      expect(await text(await open('good'))).toBe('y\n');
    });

    test('removes what a job left, running or not, so that its key is free again', async ({ connect }) => {
      await connect().ensure(shell('sleep 600'));

      await connect().remove('job-1');
      expect(await connect().state('job-1')).toEqual({ kind: 'absent' });
      await connect().ensure(shell('exit 0'));

      expect(await ended(connect())).toEqual({ kind: 'ended', exitCode: 0 });
    });

    end();
  });
}
