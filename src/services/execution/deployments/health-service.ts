import type { HealthFinding, Probe } from '../../../domain/deployment/health.ts';
import { nameOf } from '../../../domain/deployment/health.ts';
import type { DrivenService } from '../../../domain/deployment/plan.ts';
import type { HealthCheck } from '../../../domain/deployment/target.ts';
import type { Side } from '../../../domain/deployment/vocabulary.ts';
import type { Deployed } from '../../../integrations/capabilities/deploy-target.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import { type Connect, OutboundRefusedError } from '../../../platform/outbound.ts';
import { attemptSignal } from '../attempt-scope.ts';
import type { DeploymentContext } from './deployment-source.ts';
import { type DriverService, type OpenService, placeOf } from './driver-service.ts';

/*
 * Probes of what runs on a side. Addresses come from drivers and go through the process's guarded network: private ones are reached where the operator
 * allows them. One probe per look; how many succeed in a row is the caller's to count. What could not be probed is no success.
 */

export interface HealthService {
  /** One probe of each named check at what was seen there; `at` is the caller's clock. */
  probe(what: ProbedSide, checks: readonly number[], at: number): Promise<Probe[]>;
  /** One look at a whole side: every replica is ready, and every check succeeds this once. */
  check(deployment: DeploymentContext, service: DrivenService, side: Side): Promise<HealthFinding>;
}

export interface ProbedSide {
  open: OpenService;
  side: Side;
  deployed: Deployed;
  health: readonly HealthCheck[];
}

interface HealthDeps {
  drivers: DriverService;
  /** The process's guarded network. */
  fetch: typeof globalThis.fetch;
  connect: Connect;
}

export function createHealthService(deps: HealthDeps): HealthService {
  async function probeOnce(what: ProbedSide, check: HealthCheck): Promise<Found> {
    if (check.kind === 'command') return probeCommand(what, check);
    if (what.deployed.addresses.length === 0) return { ok: false, detail: 'no address is known' };
    const found = await Promise.all(what.deployed.addresses.map((address) => probeAddress(deps, address, check)));
    return found.find(({ ok }) => !ok) ?? found[0] ?? { ok: false, detail: 'no address is known' };
  }

  const probe: HealthService['probe'] = (what, checks, at) =>
    Promise.all(
      checks.flatMap((index) => {
        const check = what.health[index];
        return check === undefined ? [] : [probeOnce(what, check).then((found) => ({ ...found, check: index, at }))];
      }),
    );

  return {
    probe,
    async check(deployment, service, side) {
      const open = await deps.drivers.open(placeOf(deployment, service));
      const deployed = await open.deployTarget.observe(open.place(side));
      if (deployed.state.kind !== 'ready') return { healthy: false, why: `${service.name} is not ready: ${stateWords(deployed)}` };
      const { health } = service.target;
      const found = await probe(
        { open, side, deployed, health },
        health.map((_, index) => index),
        0,
      );
      const bad = found.find(({ ok }) => !ok);
      if (bad === undefined) return { healthy: true };
      const check = health[bad.check];
      return { healthy: false, why: `${service.name}: ${check === undefined ? '' : `${nameOf(check)}: `}${bad.detail}` };
    },
  };
}

type Found = Pick<Probe, 'ok' | 'detail'>;

/** What a driver shows, in words. */
export function stateWords({ state }: Deployed): string {
  switch (state.kind) {
    case 'absent':
      return 'nothing runs there';
    case 'progressing':
    case 'failed':
      return state.why;
    case 'ready':
      return 'ready';
    case 'unknown':
      return `the driver shows a state that is not known: ${state.raw}`;
    default:
      return state satisfies never;
  }
}

async function probeCommand({ open, side }: ProbedSide, { command, timeoutMs }: Extract<HealthCheck, { kind: 'command' }>): Promise<Found> {
  try {
    const { exitCode } = await open.deployTarget.run(open.place(side), command, { timeoutMs });
    return { ok: exitCode === 0, detail: `it ended with ${exitCode}` };
  } catch (error) {
    if (error instanceof ProviderError) return { ok: false, detail: error.message };
    throw error;
  }
}

async function probeAddress(deps: HealthDeps, address: string, check: Exclude<HealthCheck, { kind: 'command' }>): Promise<Found> {
  const ours = attemptSignal();
  const signal = AbortSignal.any([ours, AbortSignal.timeout(check.timeoutMs)]);
  try {
    return check.kind === 'http' ? await probeHttp(deps, address, check, signal) : await probeTcp(deps, address, signal);
  } catch (error) {
    if (ours.aborted) throw error;
    if (error instanceof OutboundRefusedError) return { ok: false, detail: error.message };
    return { ok: false, detail: signal.aborted ? `no answer within ${check.timeoutMs} ms` : 'it cannot be reached' };
  }
}

async function probeHttp(
  { fetch }: HealthDeps,
  address: string,
  { path, expectStatus }: Extract<HealthCheck, { kind: 'http' }>,
  signal: AbortSignal,
): Promise<Found> {
  const response = await fetch(`http://${address}${path}`, { signal, redirect: 'manual' });
  await response.body?.cancel();
  return { ok: expectStatus.includes(response.status), detail: `it answered ${response.status}` };
}

async function probeTcp({ connect }: HealthDeps, address: string, signal: AbortSignal): Promise<Found> {
  const cut = address.lastIndexOf(':');
  const socket = await connect({ host: address.slice(0, cut), port: Number(address.slice(cut + 1)), signal });
  socket.destroy();
  return { ok: true, detail: 'it was connected' };
}
