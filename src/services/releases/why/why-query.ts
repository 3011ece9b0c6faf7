import { can, roles } from '../../../domain/access/permissions.ts';
import type { DeadlineAction } from '../../../domain/run.ts';
import { categories } from '../../../integrations/kit/define-provider.ts';
import { connectionTableNames } from '../../connections/tables.ts';
import { WORKING } from '../broken-connections.ts';
import { gateTaskTypes } from '../gate-view.ts';
import { permissionsToAct } from './why-owners.ts';
import { whenStores } from './why-store-facts.ts';

/** One row of the union: each kind fills what it has. */
export interface WhyRow {
  kind: 'release' | 'hold' | 'task' | 'slot' | 'connection' | 'person' | 'override';
  id: string;
  name: string;
  /** Of a person: the role. */
  status: string;
  /** Of a connection: its category. */
  reason: string | null;
  /** Of a task: the connection whose hints it waits for. */
  note: string | null;
  /** Of a connection: its provider. */
  person: string | null;
  /** Of a person: drives the release. */
  held: number;
  since: Date | null;
  runAt: Date | null;
  /** Of a release: since when it is submitted. */
  deadlineAt: Date | null;
  onDeadline: DeadlineAction | null;
  failure: string | null;
  /** Of a release: what its config says about gates. */
  output: string | null;
  /** Of a person: created the release. */
  given: number | null;
  now: Date;
}

/** Those of a role that are read; one more than are named, because one may have created the release. */
const PEOPLE_OF_ROLE = 6;

const namedRoles = roles.filter((role) => role !== 'ci' && permissionsToAct.some((permission) => can(role, permission)));

const release = `
  SELECT 'release' AS kind, r.id, r.display_number AS name, n.status, NULL AS reason, r.attention AS note, NULL AS person, n.held,
         r.archived_at AS since, n.run_at AS runAt, r.submitted_at AS deadlineAt, NULL AS onDeadline, CAST(n.failure AS CHAR) AS failure,
         CAST(JSON_EXTRACT(r.config, '$.gates') AS CHAR) AS output, NULL AS given, UTC_TIMESTAMP(3) AS now
  FROM releases r JOIN runs n ON n.id = r.run_id WHERE r.id = ? AND r.tenant_id = ?`;

const holds = `
  SELECT 'hold', h.run_id, h.subject, '', h.reason, h.note, a.display_name, 1, h.since, b.run_at, NULL, NULL, CAST(b.check_failure AS CHAR),
         CASE WHEN b.id IS NOT NULL THEN CAST(JSON_OBJECT('ticketKey', b.ticket_key, 'title', b.title, 'url', b.url,
           'ticketStatus', b.ticket_status) AS CHAR) END, NULL, NULL
  FROM releases r JOIN run_holds h ON h.run_id = r.run_id LEFT JOIN accounts a ON a.id = h.account_id
       LEFT JOIN release_blockers b ON h.reason = 'BLOCKER' AND b.id = h.subject AND b.tenant_id = h.tenant_id
  WHERE r.id = ? AND r.tenant_id = ?`;

const tasks = `
  SELECT 'task', t.id, t.type, t.status, t.wait_reason, (SELECT MIN(g.integration_id) FROM task_signals g WHERE g.task_id = t.id AND g.integration_id <> t.tenant_id), NULL, t.held,
         t.status_since, t.run_at, t.deadline_at, t.on_deadline,
         CAST(t.failure AS CHAR), CASE WHEN t.type IN (?) OR t.wait_reason IN ('TURN', 'WINDOW') THEN CAST(t.output AS CHAR) ${whenStores} END,
         CASE WHEN t.type IN (?) THEN (SELECT COUNT(*) FROM approvals p WHERE p.tenant_id = t.tenant_id AND p.task_id = t.id
           AND p.decision = 'APPROVED') END, NULL
  FROM releases r JOIN tasks t ON t.run_id = r.run_id
  WHERE r.id = ? AND r.tenant_id = ? AND t.status IN ('READY', 'IN_PROGRESS', 'WAITING', 'FAILED')`;

const slots = `
  SELECT 'slot', s.id, '', s.status, NULL, NULL, NULL, 0, s.created_at, s.date, NULL, NULL, NULL, NULL, NULL, NULL
  FROM releases r JOIN regression_slots s ON s.tenant_id = r.tenant_id AND s.release_id = r.id AND s.status = 'PLANNED'
  WHERE r.id = ? AND r.tenant_id = ?`;

/**
 * The connections that open tasks failed through or wait for. Each verification that finds one broken again moves `last_verified_at`; the history
 * knows when it broke.
 */
const connections = categories
  .map(
    (category) => `
  SELECT 'connection', c.id, c.display_name, c.verification_status, '${category}', c.verification_error, c.provider, 0,
         (SELECT MAX(h.occurred_at) FROM state_history h JOIN state_history_items i ON i.history_id = h.id
          WHERE h.tenant_id = c.tenant_id AND h.scope_id = c.id AND i.field = 'verificationStatus'
            AND i.value_after NOT IN (?) AND (i.value_before IS NULL OR i.value_before IN (?))), NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM ${connectionTableNames[category]} c WHERE c.tenant_id = ? AND c.is_active = 1 AND EXISTS (
    SELECT 1 FROM releases r JOIN tasks t ON t.run_id = r.run_id
    WHERE r.id = ? AND r.tenant_id = ? AND t.status IN ('WAITING', 'FAILED', 'IN_PROGRESS')
      AND (JSON_UNQUOTE(JSON_EXTRACT(t.failure, '$.connection.id')) = c.id
        OR EXISTS (SELECT 1 FROM task_signals g WHERE g.task_id = t.id AND g.integration_id = c.id)))`,
  )
  .join(' UNION ALL ');

const people = `
  SELECT 'person', p.account_id, p.display_name, p.role, NULL, NULL, NULL, COALESCE(p.account_id = r.pilot_account_id, 0), NULL, NULL, NULL, NULL,
         NULL, NULL, p.account_id = r.created_by_account_id, NULL
  FROM releases r JOIN (
    SELECT m.tenant_id, m.account_id, a.display_name, m.role,
           ROW_NUMBER() OVER (PARTITION BY m.role ORDER BY m.created_at, m.account_id) AS place
    FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.tenant_id = ? AND m.role IN (?)
  ) p ON p.tenant_id = r.tenant_id
  WHERE r.id = ? AND r.tenant_id = ? AND (p.place <= ${PEOPLE_OF_ROLE} OR p.account_id = r.pilot_account_id)`;

/** Gates that were passed against their requirements: what came of it may be waited for now. */
const overrides = `
  SELECT 'override', o.id, t.type, '', NULL, o.reason, a.display_name, 0, o.created_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM gate_overrides o JOIN tasks t ON t.id = o.task_id LEFT JOIN accounts a ON a.id = o.account_id
  WHERE o.release_id = ? AND o.tenant_id = ?`;

const query = [release, holds, tasks, slots, connections, people, overrides].join(' UNION ALL ');

/** Everything about what a release waits for: one query. */
export function whyQuery(tenantId: string, releaseId: string): [text: string, values: (string | readonly string[])[]] {
  const scope = [releaseId, tenantId];
  const values = [
    ...[...scope, ...scope, gateTaskTypes, gateTaskTypes, ...scope, ...scope],
    ...categories.flatMap(() => [WORKING, WORKING, tenantId, ...scope]),
    ...[tenantId, namedRoles, ...scope, ...scope],
  ];
  return [query, values];
}
