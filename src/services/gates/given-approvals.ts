import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Role } from '../../domain/access/permissions.ts';
import type { Person } from '../../domain/gates/approval-rules.ts';
import type { GateApproval } from '../../domain/gates/approvals.ts';
import { type GateSubject, subjectDigest } from '../../domain/gates/subject.ts';

/** Somebody with their name. */
export interface NamedPerson extends Person {
  displayName: string;
}

/** A word on a gate with whose it is. */
export interface GivenApproval extends GateApproval, NamedPerson {
  id: string;
  taskId: string;
  /** Of the gate. */
  taskType: string;
  comment: string | null;
  standsFor: NamedPerson[];
}

interface Row extends Pick<GivenApproval, 'id' | 'taskId' | 'taskType' | 'accountId' | 'decision' | 'comment' | 'commit' | 'at'> {
  subject: unknown;
  forAccountIds: unknown;
}

/** What was said at gates of these types of one release, about anything, each person with the role they have now: two queries. */
export async function givenApprovals(
  sql: Pick<Sql, 'rows'>,
  { tenantId, id }: { tenantId: string; id: string },
  gateTypes: readonly string[],
): Promise<GivenApproval[]> {
  const rows = await sql.rows<Row>(
    `SELECT a.id, a.task_id AS taskId, t.type AS taskType, a.account_id AS accountId, a.decision, a.comment, a.commit_sha AS \`commit\`, a.subject,
            a.for_account_ids AS forAccountIds, a.created_at AS at
     FROM approvals a JOIN tasks t ON t.id = a.task_id WHERE a.tenant_id = ? AND a.release_id = ? AND t.type IN (?) ORDER BY a.id`,
    [tenantId, id, gateTypes],
  );
  const spokenFor = new Map(rows.map((row) => [row.id, (parseJson(row.forAccountIds) as string[] | null) ?? []]));
  const people = await peopleOf(sql, tenantId, [...rows.map(({ accountId }) => accountId), ...[...spokenFor.values()].flat()]);
  return rows.map(({ subject, forAccountIds: _forAccountIds, ...row }) => {
    const asked = parseJson(subject) as GateSubject | null;
    return {
      ...row,
      ...person(people, row.accountId),
      subject: asked === null ? null : subjectDigest(asked),
      standsFor: (spokenFor.get(row.id) ?? []).map((accountId) => person(people, accountId)),
    };
  });
}

const person = (people: ReadonlyMap<string, NamedPerson>, accountId: string): NamedPerson =>
  people.get(accountId) ?? { accountId, displayName: accountId, role: null };

/** By id, with the role in the tenant now; those who are no members have none. */
export async function peopleOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, NamedPerson>> {
  if (accountIds.length === 0) return new Map();
  const rows = await sql.rows<{ accountId: string; displayName: string; role: Role | null }>(
    `SELECT a.id AS accountId, a.display_name AS displayName, m.role FROM accounts a
     LEFT JOIN members m ON m.tenant_id = ? AND m.account_id = a.id WHERE a.id IN (?)`,
    [tenantId, [...new Set(accountIds)]],
  );
  return new Map(rows.map((row) => [row.accountId, row]));
}
