import type { Sql } from '../../../db/client.ts';
import { subjectDigest } from '../../../domain/gates/subject.ts';
import { quorumOf, type ReleaseGate, rulesOf } from '../../../domain/release/gate-rules.ts';
import { type Notification, renderNotification } from '../../../domain/release/notifications.ts';
import type { ReleaseContext } from '../../execution/release-source.ts';
import { askedGate } from '../../gates/asked-gate.ts';
import type { ReleaseGateRequest } from '../../gates/gate-request.ts';
import { currentSubject, gateOutputOf, shownSubject } from '../../gates/gate-subject.ts';
import { isAsking } from '../../gates/gate-word.ts';
import { type GateRow, gateRowsOf } from '../gate-view.ts';
import { type StoredNotification, summaryOf } from './compose-notification.ts';

export interface ComposedRequest {
  notification: Notification;
  /** The gate is decided: nothing about it changes any more. */
  isFinal: boolean;
}

/** What a gate's candidate is called and which commit it is, as the gate found it. */
interface Candidate {
  commit: string;
  /** Of what people are asked about; null = the gate has not said. */
  subject: string | null;
  rcTag: string;
  cycle: number;
}

/** The message that asks for people's word, as it stands: who has said what, and the buttons while the gate asks. */
export async function composeGateRequest(
  sql: Pick<Sql, 'rows'>,
  stored: Pick<StoredNotification, 'data'> & { type: ReleaseGateRequest },
  release: ReleaseContext,
): Promise<ComposedRequest> {
  const taskId = typeof stored.data.taskId === 'string' ? stored.data.taskId : '';
  const rows = (await gateRowsOf(sql, release.tenantId, [taskId])).values().next().value ?? [];
  const candidate = await candidateOf(sql, rows[0], release);
  const name = stored.type === 'REGRESSION_STAGE_APPROVAL_REQUEST' ? candidate.rcTag : (release.releaseTag ?? candidate.rcTag);
  const { decided, standing, actions } = askedGate(rows, {
    ...{ about: { kind: 'release', id: release.id }, taskId, commit: candidate.commit, subject: candidate.subject, name },
    ...{ quorum: quorumOf(release.config.gates, gateOfRequest(stored.type)), isOver: false },
  });
  const notification = ask(stored.type, release, candidate, decided);
  return {
    notification: { ...notification, content: { ...notification.content, ...(actions.length === 0 ? {} : { actions }) }, standing },
    isFinal: decided !== undefined,
  };
}

function ask(type: ReleaseGateRequest, release: ReleaseContext, candidate: Candidate, decided: string | undefined): Notification {
  const { commit, rcTag, cycle } = candidate;
  const { gates } = release.config;
  const gate = gateOfRequest(type);
  const common = {
    release: summaryOf(release),
    commit,
    quorum: quorumOf(gates, gate),
    groups: rulesOf(gates, gate).groups.map(({ name, quorum }) => ({ name, quorum })),
    ...(decided === undefined ? {} : { decided }),
  };
  return type === 'REGRESSION_STAGE_APPROVAL_REQUEST'
    ? renderNotification(type, { ...common, rcTag, cycle })
    : renderNotification(type, { ...common, tag: release.releaseTag ?? '' });
}

/** A gate that has not looked yet knows none: then it is the release's latest. */
async function candidateOf(sql: Pick<Sql, 'rows'>, gate: GateRow | undefined, release: ReleaseContext): Promise<Candidate> {
  const output = gateOutputOf(gate?.output ?? null);
  const { rcCommit, rcTag, cycle } = output;
  const latest = release.cycles.at(-1);
  const asks = gate !== undefined && isAsking(gate);
  const shown = asks ? await currentSubject(sql, release, { type: gate.type, output }) : shownSubject(output);
  return {
    commit: typeof rcCommit === 'string' ? rcCommit : (latest?.rcCommit ?? ''),
    // A gate of before subjects were kept asks about a commit alone.
    subject: shown === null || output.subject === undefined ? null : subjectDigest(shown),
    rcTag: typeof rcTag === 'string' ? rcTag : (latest?.rcTag ?? ''),
    cycle: typeof cycle === 'number' ? cycle : (latest?.number ?? 0),
  };
}

const gateOfRequest = (type: ReleaseGateRequest): ReleaseGate =>
  type === 'REGRESSION_STAGE_APPROVAL_REQUEST' ? 'pre-release' : 'distribution';
