import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { GateSubject, SubjectBuild } from '../../domain/gates/subject.ts';
import { gateOfTask } from '../../domain/release/gate-rules.ts';

/*
 * What people are asked about at a gate. The gate's task finds it when it looks and keeps it in its output; of that only the notes can change without
 * the gate looking again, so they are read anew whenever somebody is shown the gate or answers it.
 */

interface Of {
  tenantId: string;
  /** The release. */
  id: string;
}

/** The last successful build of each platform in one regression cycle: by its artifact's digest where it has one, else by its id. */
export async function candidateBuilds(sql: Pick<Sql, 'rows'>, { tenantId, id }: Of, cycle: number): Promise<SubjectBuild[]> {
  const rows = await sql.rows<{ name: string; identity: string; reason: string | null }>(
    `SELECT b.platform AS name, COALESCE(b.artifact_digest, b.id) AS identity, b.other_commit_reason AS reason
     FROM release_builds r JOIN builds b ON b.id = r.build_id
          JOIN regression_cycles c ON c.tenant_id = r.tenant_id AND c.release_id = r.release_id AND c.id = r.cycle_id
     WHERE r.tenant_id = ? AND r.release_id = ? AND c.number = ? AND b.workflow_type = 'REGRESSION_BUILD' AND b.status = 'SUCCEEDED'
     ORDER BY b.platform, b.id`,
    [tenantId, id, cycle],
  );
  const builds = rows.map(({ reason, ...build }) => (reason === null ? build : { ...build, otherCommitReason: reason }));
  return [...new Map(builds.map((build) => [build.name, build])).values()];
}

/** @param cycle whose notes; null = the final ones. @returns null where there are none */
export async function notesDigestOf(sql: Pick<Sql, 'rows'>, { tenantId, id }: Of, cycle: number | null): Promise<string | null> {
  const [row] = await sql.rows<{ digest: string }>(
    `SELECT CONCAT('sha256:', SHA2(markdown, 256)) AS digest FROM release_notes
     WHERE tenant_id = ? AND release_id = ? AND kind = ? AND cycle = ?`,
    [tenantId, id, cycle === null ? 'final' : 'cycle', cycle ?? 0],
  );
  return row?.digest ?? null;
}

/** What a gate's task keeps of its last look. */
export interface GateOutput {
  cycle?: number;
  rcTag?: string;
  rcCommit?: string;
  subject?: GateSubject | null;
  /** Since when people have been asked about this subject; null = they were not yet. */
  askedAt?: string | null;
  requirements?: unknown;
}

/** @param stored the task's output as it lies in its row; our own tasks wrote it */
export const gateOutputOf = (stored: unknown): GateOutput => (parseJson(stored) as GateOutput | null) ?? {};

/** What the gate asked about when it looked last. One that looked before subjects were kept asked about a commit. */
export function shownSubject({ subject, rcCommit }: GateOutput): GateSubject | null {
  if (subject !== undefined) return subject;
  return typeof rcCommit === 'string' ? { commit: rcCommit, builds: [], notesDigest: null } : null;
}

/** The same with the notes as they are now. */
export async function currentSubject(
  sql: Pick<Sql, 'rows'>,
  release: Of,
  gate: { type: string; output: GateOutput },
): Promise<GateSubject | null> {
  const shown = shownSubject(gate.output);
  if (shown === null || gate.output.subject === undefined) return shown;
  const cycle = gateOfTask(gate.type) === 'distribution' ? null : (gate.output.cycle ?? 0);
  return { ...shown, notesDigest: await notesDigestOf(sql, release, cycle) };
}
