import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { policyOf, subjectOf } from '../../domain/deployment/deployment-gate.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { demandShown, type GateWord, isAsking, lockGates, whyNoGate, writeWord } from '../gates/gate-word.ts';
import { givenApprovals } from '../gates/given-approvals.ts';
import { rememberAnswer } from '../idempotency.ts';
import type { ApprovalView } from '../releases/release-view.ts';
import { conflict, notFound, ServiceError } from '../service-error.ts';
import { lockDeployment, refuseOver } from './deployment-row.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';

const GATE = 'APPROVE_DEPLOYMENT';

/**
 * A person's word on a deployment, bound to its plan. One per account; a second one replaces the first.
 * @throws ServiceError conflict when it does not ask for approval now, or not of what was shown; forbidden when it is the requester's own and may not be
 */
export async function approveDeployment(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  deploymentId: string,
  input: GateWord,
): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:approve');
  return deps.db.transact(async (tx) => {
    const deployment = await lockDeployment(tx, caller, deploymentId);
    refuseOver(deployment);
    const gates = await lockGates(tx, deployment, [GATE]);
    const asking = gates.filter(isAsking);
    const open = asking.find(({ id }) => id === input.shown?.taskId) ?? asking.at(-1);
    if (open === undefined) throw conflict(whyNoGate(deployment, gates[0]));
    const gate = { taskId: open.id, type: open.type, subject: subjectOf(deployment.plan) };
    demandShown(deployment, gate, input.shown);
    const policy = policyOf(deployment.plan, deployment.requestedByAccountId);
    if (policy?.allowSelfApproval === false && caller.accountId === deployment.requestedByAccountId) {
      throw new ServiceError('forbidden', 'Whoever asked for the deployment may not approve it.');
    }
    const lapses = policy !== null && policy.expiresAfterMs !== null;
    await writeWord(tx, deps.ring, caller, deployment, { ...gate, lapses }, input);
    const view = await readDeployment(tx, caller.tenantId, deploymentId);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

/** What was said at a gate, the newest first. */
export interface SaidAtGate {
  approvals: readonly Pick<ApprovalView, 'decision' | 'subject' | 'by'>[];
  quorum: number;
}

export async function saidOnDeployment(sql: Sql, tenantId: string, deploymentId: string): Promise<SaidAtGate> {
  const [row] = await sql.rows<{ plan: unknown; requester: string }>(
    'SELECT plan, requested_by_account_id AS requester FROM deployments WHERE tenant_id = ? AND id = ?',
    [tenantId, deploymentId],
  );
  if (row === undefined) throw notFound('The deployment');
  const given = await givenApprovals(sql, { tenantId, id: deploymentId }, [GATE]);
  const approvals = given.map(({ decision, subject, accountId, displayName }) => ({ decision, subject, by: { accountId, displayName } }));
  return { approvals: approvals.reverse(), quorum: policyOf(parseJson(row.plan) as DeploymentPlan, row.requester)?.quorum ?? 0 };
}
