import type { Tx } from '../../db/client.ts';
import { allowsSelf, gateOfTask, rulesOf } from '../../domain/release/gate-rules.ts';
import type { Ring } from '../../platform/ring.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { currentSubject, gateOutputOf } from '../gates/gate-subject.ts';
import { demandShown, type GateWord, isAsking, lockGates, type OpenGate, whyNoGate, writeWord } from '../gates/gate-word.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict, ServiceError } from '../service-error.ts';
import { gateOf, gateTaskTypes } from './gate-view.ts';
import { type LockedRelease, lockRelease, refuseEnded } from './release-row.ts';
import type { GateView } from './release-view.ts';

/**
 * A person's word on the gate, bound to the candidate they saw. One per account; a second one replaces the first.
 * @throws ServiceError conflict when no gate waits for approval; forbidden when it is the creator's own release
 */
export async function approve(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  releaseId: string,
  input: GateWord,
): Promise<GateView> {
  authorise(caller, 'gate:approve');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const gate = await findOpenGate(tx, release);
    if (gate === null) throw conflict(whyNoGate(release, (await lockGates(tx, release, gateTaskTypes))[0]));
    demandShown(release, gate, input.shown);
    await approveInside(tx, deps.ring, caller, release, gate, input);
    const view = await gateOf(tx, release.tenantId, release.run.id, release.config.gates);
    if (view === null) throw new Error(`the gate ${gate.taskId} vanished while it was locked`);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

/** The gate that asks for people's word, locked. */
export async function findOpenGate(tx: Tx, release: LockedRelease): Promise<OpenGate | null> {
  const [gate] = await lockGates(tx, release, gateTaskTypes);
  if (gate === undefined || !isAsking(gate)) return null;
  const subject = await currentSubject(tx, release, { type: gate.type, output: gateOutputOf(gate.output) });
  return subject === null ? null : { taskId: gate.id, type: gate.type, subject };
}

/** @throws ServiceError forbidden */
export async function approveInside(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  gate: OpenGate,
  word: GateWord,
): Promise<void> {
  const { gates } = release.config;
  const which = gateOfTask(gate.type);
  if (caller.accountId === release.createdByAccountId && !allowsSelf(gates, which)) {
    throw new ServiceError('forbidden', 'Whoever created the release may not approve it.');
  }
  const lapses = rulesOf(gates, which).expiresAfterMs !== null;
  await writeWord(tx, ring, caller, release, { ...gate, lapses }, word);
}
