import { randomUUID } from 'node:crypto';
import type { Deployed, DeployedState, DeployTarget, Place, Workload } from '../../capabilities/deploy-target.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { formProblems } from '../../kit/form-problems.ts';
import { type Host, withHost } from './client.ts';
import { hostOf, type PlaceConfig, placeSchema, type SshConnection, trouble } from './identity.ts';
import { environmentFile, variableProblem } from './quote.ts';
import { BUSY, besideScript, endScript, installScript, lookScript, MISMATCH, NOTHING_THERE, prepareScript, TIMED_OUT } from './scripts.ts';
import { hostProblems } from './verify.ts';

/** For what every conversation takes besides what it was begun for. */
const ROOM_MS = 30_000;
/** A gigabyte at two megabytes a second. */
const UPLOAD_MS = 600_000;

export function sshDeployTarget(connection: SshConnection, deps: AdapterDeps): DeployTarget {
  const directoryOf = ({ name, side }: Place): string => {
    if (!/^[A-Za-z0-9-]{1,63}$/.test(name)) throw trouble('invalid', `the place "${name.slice(0, 100)}" cannot be the name of a directory`);
    return `${connection.settings.directory}/${name}-${side}`;
  };

  async function look(host: Host, place: Place, config: PlaceConfig): Promise<Deployed> {
    const { output } = await host.run(lookScript(directoryOf(place), place, config));
    return deployedFrom(output, config, addressOf(connection, place, config));
  }

  return {
    abilities: { sideBySide: true, sources: ['kept'], maxReplicas: 1, commands: true },
    configProblems: (config) => formProblems(placeSchema, config),

    async check(place) {
      const problems = formProblems(placeSchema, place.config).map(({ field, message }) => `${field} ${message}`);
      const found = await withHost(connection, deps, { operation: 'look at the host' }, (host) => hostProblems(host, connection));
      return problems.length + found.length === 0 ? { ok: true } : { ok: false, problems: [...problems, ...found] };
    },

    async observe(place) {
      const config = configOf(place);
      return withHost(connection, deps, { operation: 'look at the service' }, (host) => look(host, place, config));
    },

    async ensure(workload) {
      const { place } = workload;
      const config = configOf(place);
      const problem = workloadProblem(workload, config);
      if (problem !== null) throw trouble('invalid', problem);
      const timeoutMs = UPLOAD_MS + config.graceMs + 2 * ROOM_MS;
      return withHost(connection, deps, { operation: 'bring the release', timeoutMs }, async (host) => {
        const seen = await look(host, place, config);
        if (isAsked(seen, workload) && (seen.state.kind === 'ready' || seen.state.kind === 'progressing')) return seen;
        await install(host, directoryOf(place), workload, config);
        return look(host, place, config);
      });
    },

    async ensureAbsent(place, { graceMs }) {
      const config = configOf(place);
      return withHost(connection, deps, { operation: 'end the service', timeoutMs: graceMs + ROOM_MS }, async (host) => {
        refuseIfBusy(await host.run(endScript(directoryOf(place), place, config, graceMs)));
        const seen = await look(host, place, config);
        return seen.digest === null ? seen : { ...seen, state: { kind: 'failed', why: 'what runs there does not end' } };
      });
    },

    async run(place, command, { timeoutMs }) {
      const config = configOf(place);
      return withHost(connection, deps, { operation: 'run the command', timeoutMs: timeoutMs + ROOM_MS }, async (host) => {
        const ran = await host.run(besideScript(directoryOf(place), place, config, command, timeoutMs));
        if (ran.exitCode === TIMED_OUT) throw trouble('timeout', `the command ran longer than ${timeoutMs} ms`);
        if (ran.output === NOTHING_THERE) throw trouble('not-found', 'nothing runs there, so no command can run beside it');
        return ran;
      });
    },
  };
}

async function install(host: Host, directory: string, workload: Workload, config: PlaceConfig): Promise<void> {
  const { place, revision, configVersion, variables } = workload;
  const run = `${revision.digest.replace(/^sha256:/, '')}-${configVersion}`;
  const token = randomUUID();
  const prepared = await host.run(prepareScript(directory, run));
  if (prepared.exitCode > 1) throw trouble('forbidden', `the directory ${directory} cannot be written to`);
  if (prepared.exitCode === 1) {
    const { body } = await workload.open();
    await host.write(`${directory}/arriving/${token}.tar.gz`, body);
  }
  const told = new Map([
    ...variables,
    ['SIDE', place.side],
    ...(config.ports === undefined ? [] : [['PORT', String(config.ports[place.side])] as const]),
  ]);
  await host.write(`${directory}/arriving/${token}.env`, environmentFile(told));
  const ran = await host.run(installScript(directory, place, config, { run, digest: revision.digest, configVersion, token }));
  refuseIfBusy(ran);
  if (ran.exitCode === MISMATCH)
    throw trouble('invalid', `the archive is not the one that was built: its digest is not ${revision.digest}`);
  if (ran.exitCode === 74) throw trouble('invalid', 'the archive could not be unpacked on the host');
  if (ran.exitCode !== 0) throw trouble('unavailable', 'the release could not be put in its place on the host; is its disk full?');
}

function refuseIfBusy({ exitCode }: { exitCode: number }): void {
  if (exitCode === BUSY) throw trouble('unavailable', 'another process is working on the same place');
}

const isAsked = (seen: Deployed, { revision, configVersion }: Workload) =>
  seen.digest === revision.digest && seen.configVersion === configVersion;

/** @param lines what `lookScript` printed */
export function deployedFrom(lines: string, config: PlaceConfig, address: string | null): Deployed {
  const facts = new Map(lines.split('\n').map((line) => [line.split(' ')[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const));
  const [digest = null, configVersion = null] = facts.get('wanted')?.split(' ') ?? [];
  const state = stateFrom(facts, digest !== null, config);
  return {
    state,
    digest,
    configVersion,
    replicas: digest === null ? null : { wanted: 1, ready: state.kind === 'ready' ? 1 : 0 },
    addresses: digest === null || address === null ? [] : [address],
  };
}

function stateFrom(facts: ReadonlyMap<string, string>, isWanted: boolean, { startWithinMs }: PlaceConfig): DeployedState {
  const status = facts.get('status');
  const failed = facts.get('failed');
  const isYoung = Number(facts.get('age') ?? Number.POSITIVE_INFINITY) * 1000 <= startWithinMs;
  // Of what was never brought there, the command that asks need not even exist.
  if (status === undefined || (!isWanted && status !== '0' && status !== '75')) return { kind: 'absent' };
  if (failed !== undefined) return { kind: 'failed', why: failed };
  switch (status) {
    case '0':
      return isWanted ? { kind: 'ready' } : { kind: 'unknown', raw: 'something runs there that we did not bring' };
    case '75':
      return { kind: 'progressing', why: 'the status command says that it is on its way' };
    case '1':
    case '2':
    case '3':
      if (isYoung) return { kind: 'progressing', why: 'it was started and is not up yet' };
      return { kind: 'failed', why: `it was started and does not run: the status command ended with exit code ${status}` };
    default:
      return { kind: 'unknown', raw: `the status command ended with exit code ${status}` };
  }
}

function addressOf({ baseUrl }: SshConnection, { side }: Place, { ports, address }: PlaceConfig): string | null {
  return ports === undefined ? null : `${address ?? hostOf(baseUrl).host}:${ports[side]}`;
}

function configOf(place: Place): PlaceConfig {
  const parsed = placeSchema.safeParse(place.config);
  if (parsed.success) return parsed.data;
  const problems = formProblems(placeSchema, place.config).map(({ field, message }) => `${field} ${message}`);
  throw trouble('invalid', `the config of the target is wrong: ${problems.join('; ')}`);
}

function workloadProblem({ revision, configVersion, replicas, variables }: Workload, { ports }: PlaceConfig): string | null {
  if (revision.source.kind !== 'kept') return 'container images do not run there, only archives';
  if (!/^sha256:[0-9a-f]{64}$/.test(revision.digest)) return 'the digest of the artifact is none of SHA-256';
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(configVersion)) return 'the config version cannot be the name of a directory';
  if (replicas !== 1) return 'one replica runs there';
  for (const [name, value] of variables) {
    const problem = variableProblem(name, value);
    if (problem !== null) return problem;
    if (name === 'SIDE' || (name === 'PORT' && ports !== undefined)) return `the variable ${name} is set here`;
  }
  return null;
}
