import { Webhook } from 'standardwebhooks';
import { nextHost, type RunningProgram, runProgram } from '../deployment/program-host.ts';
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';

/** A receiver as somebody would write it after the README: it runs programs, and says what it sees. */

interface Place {
  name: string;
  side: string;
}

interface Asked {
  type: string;
  operation: string;
  place: Place;
  idempotencyKey?: string;
  revision: { digest: string; source: { kind: string; reference?: string } };
  configVersion: string;
  replicas: number;
  graceMs: number;
  variables: Record<string, string>;
}

interface Running {
  key: string | undefined;
  digest: string;
  configVersion: string;
  program: RunningProgram | null;
  /** Exit code of a program that does not stay up. */
  failed: number | null;
}

export interface DeployReceiverFake extends Pick<FakeServer, 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  readonly baseUrl: string;
  /** What an image does, by digest: a version that runs, or an exit code. */
  readonly images: Map<string, { version: string } | { exitCode: number }>;
  /** Answers wishes with 202, and carries them out when told to. */
  isSlow: boolean;
  /** Carries out what was taken up. */
  catchUp(): Promise<void>;
  /** In place of what it sees. */
  says: object | null;
}

export async function createDeployReceiverFake({ secret }: { secret: string }): Promise<DeployReceiverFake> {
  const webhook = new Webhook(secret);
  const server = await startFakeServer();
  const running = new Map<string, Running>();
  const waiting: (() => Promise<unknown>)[] = [];
  const state = { images: new Map<string, { version: string } | { exitCode: number }>(), isSlow: false, says: null as object | null };
  let tail: Promise<unknown> = Promise.resolve();

  function shown(place: Place) {
    const found = running.get(keyOf(place));
    if (found === undefined) return { state: { kind: 'absent' }, digest: null, configVersion: null };
    const { digest, configVersion, program, failed } = found;
    const told = { digest, configVersion, replicas: { wanted: 1, ready: program === null ? 0 : 1 } };
    if (failed !== null) return { ...told, state: { kind: 'failed', why: `it ended with exit code ${failed}` } };
    return { ...told, state: { kind: 'ready' }, addresses: program === null ? [] : [program.address] };
  }

  async function bring({ place, idempotencyKey: key, revision, configVersion, variables }: Asked): Promise<void> {
    const before = running.get(keyOf(place));
    if (before?.key === key) return;
    const image = state.images.get(revision.digest) ?? { exitCode: 1 };
    const program = 'version' in image ? await runProgram({ host: nextHost(), port: 0 }, image.version, variables) : null;
    running.set(keyOf(place), {
      ...{ key, digest: revision.digest, configVersion, program },
      failed: 'exitCode' in image ? image.exitCode : null,
    });
    await before?.program?.end(0);
  }

  async function end({ place, graceMs }: Asked): Promise<void> {
    await running.get(keyOf(place))?.program?.end(graceMs);
    running.delete(keyOf(place));
  }

  async function answer(asked: Asked): Promise<FakeAnswer> {
    if (asked.type === 'ping') return { status: 204 };
    if (asked.operation === 'check') return { status: 200, body: { ok: true } };
    if (state.says !== null) return { status: 200, body: state.says };
    if (asked.operation === 'observe') return { status: 200, body: shown(asked.place) };
    const { reference = '' } = asked.revision?.source ?? {};
    if (asked.operation === 'ensure' && !reference.endsWith(asked.revision.digest)) {
      return { status: 422, body: { message: `the image is not that of the digest ${asked.revision.digest}` } };
    }
    const work = () => (asked.operation === 'ensure' ? bring(asked) : end(asked));
    if (state.isSlow) {
      waiting.push(work);
      return { status: 202 };
    }
    await work();
    return { status: 200, body: shown(asked.place) };
  }

  server.route('POST', '/deploy', ({ headers, rawBody }: FakeRequest) => {
    let asked: Asked;
    try {
      asked = webhook.verify(rawBody, headers as Record<string, string>) as Asked;
    } catch {
      return { status: 401, body: { message: `no signature of ${secret}` } };
    }
    const result = tail.then(() => answer(asked));
    tail = result.catch(() => undefined);
    return result;
  });

  return Object.assign(state, {
    ...{ baseUrl: `${server.origin}/deploy`, calls: server.calls, failNext: server.failNext, clearFaults: server.clearFaults },
    async catchUp() {
      for (const work of waiting.splice(0)) await work();
    },
    async close() {
      await server.close();
      await Promise.all([...running.values()].map(({ program }) => program?.end(0)));
    },
  });
}

const keyOf = ({ name, side }: Place) => `${name}/${side}`;
