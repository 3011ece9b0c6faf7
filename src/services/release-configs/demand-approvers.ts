import type { Tx } from '../../db/client.ts';
import type { Role } from '../../domain/access/permissions.ts';
import { approvingRoles, type Person } from '../../domain/gates/approval-rules.ts';
import { validateRules } from '../../domain/gates/validate-rules.ts';
import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import type { Problem } from '../service-error.ts';
import type { Usability } from './connection-standing.ts';

const fields = ['preRelease', 'distribution'] as const;

/**
 * Whether the gates of a config can be passed: every group has enough active members. The rules of a gate that opens by itself count as well, because a
 * hotfix without regression asks people whatever the config says.
 */
export async function gateProblems(tx: Tx, tenantId: string, body: ReleaseConfigBody): Promise<Usability> {
  const { gates, commsConfigId } = body;
  const members = await approversOf(tx, tenantId);
  const problems = fields.flatMap((field) =>
    validateRules(gates[field], members).map((found): Problem => ({ ...found, field: `/gates/${field}${found.field}` })),
  );
  const warnings = fields.flatMap((field): Problem[] => {
    const { remindAfterMs, escalateAfterMs } = gates[field];
    if (commsConfigId !== null || (remindAfterMs === null && escalateAfterMs === null)) return [];
    const which = remindAfterMs === null ? 'escalateAfterMs' : 'remindAfterMs';
    return [{ field: `/gates/${field}/${which}`, message: 'reaches nobody: the release config names no channels' }];
  });
  return { problems, warnings: [...warnings, ...quorumWarnings(body, members.length)] };
}

/** Who is missing may still join before the first release comes to its gate: that is a warning. */
function quorumWarnings({ gates, stores }: ReleaseConfigBody, approvers: number): Problem[] {
  const asked = fields.filter((field) => field === 'preRelease' || stores.length > 0);
  const wanting = asked.filter((field) => (gates[field].quorum ?? gates.quorum) > approvers);
  const places = wanting.map((field) => (gates[field].quorum === null ? '/gates/quorum' : `/gates/${field}/quorum`));
  const message = `is more than the ${approvers} active ${approvers === 1 ? 'member' : 'members'} who may approve: nobody could pass the gate`;
  return [...new Set(places)].map((field) => ({ field, message }));
}

const approversOf = (tx: Tx, tenantId: string): Promise<Person[]> =>
  tx.rows<{ accountId: string; role: Role }>('SELECT account_id AS accountId, role FROM members WHERE tenant_id = ? AND role IN (?)', [
    tenantId,
    approvingRoles,
  ]);
