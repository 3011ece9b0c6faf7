import type { Sql } from '../../db/client.ts';
import type { MessageSection } from '../../domain/message.ts';
import { gateActions } from '../../domain/release/message-actions.ts';
import { type Notification, renderNotification } from '../../domain/release/notifications.ts';
import { terminalTaskStatuses } from '../../domain/run.ts';
import type { ReleaseContext } from '../execution/release-source.ts';
import { type StoredNotification, summaryOf } from './compose-notification.ts';
import type { GateRequest } from './gate-request.ts';
import { gateRowsOf, gateView } from './gate-view.ts';
import type { ApprovalView, GateView } from './release-view.ts';

export interface ComposedRequest {
  notification: Notification;
  /** The gate is decided: nothing about it changes any more. */
  isFinal: boolean;
}

/** What a gate's candidate is called and which commit it is, as the gate found it. */
interface Candidate {
  commit: string;
  rcTag: string;
  cycle: number;
}

/** The message that asks for people's word, as it stands: who has said what, and the buttons while the gate asks. */
export async function composeGateRequest(
  sql: Pick<Sql, 'rows'>,
  stored: StoredNotification & { type: GateRequest },
  release: ReleaseContext,
): Promise<ComposedRequest> {
  const { quorum } = release.config.gates;
  const taskId = typeof stored.data.taskId === 'string' ? stored.data.taskId : '';
  const rows = (await gateRowsOf(sql, release.tenantId, [taskId])).values().next().value ?? [];
  const gate = gateView(rows, quorum);
  const candidate = candidateOf(gate, release);
  const words = (gate?.approvals ?? []).filter(({ commit }) => commit === candidate.commit).toReversed();
  const approved = words.filter(({ decision }) => decision === 'APPROVED').length;
  const decided = gate === null ? undefined : decisionOf(gate, approved);
  const notification = ask(stored.type, release, candidate, decided);
  const name = stored.type === 'REGRESSION_STAGE_APPROVAL_REQUEST' ? candidate.rcTag : (release.releaseTag ?? candidate.rcTag);
  const asks = gate !== null && isAsking(gate);
  const actions = asks ? gateActions({ releaseId: release.id, taskId, commit: candidate.commit, name }) : [];
  return {
    notification: {
      ...notification,
      content: { ...notification.content, ...(actions.length === 0 ? {} : { actions }) },
      standing: standingOf(words, quorum, gate !== null && !asks && decided === undefined),
    },
    isFinal: decided !== undefined,
  };
}

function ask(type: GateRequest, release: ReleaseContext, candidate: Candidate, decided: string | undefined): Notification {
  const { commit, rcTag, cycle } = candidate;
  const common = {
    release: summaryOf(release),
    commit,
    quorum: release.config.gates.quorum,
    ...(decided === undefined ? {} : { decided }),
  };
  return type === 'REGRESSION_STAGE_APPROVAL_REQUEST'
    ? renderNotification(type, { ...common, rcTag, cycle })
    : renderNotification(type, { ...common, tag: release.releaseTag ?? '' });
}

/** A gate that has not looked yet knows none: then it is the release's latest. */
function candidateOf(gate: GateView | null, release: ReleaseContext): Candidate {
  const { rcCommit, rcTag, cycle } = gate?.evidence ?? {};
  const latest = release.cycles.at(-1);
  return {
    commit: typeof rcCommit === 'string' ? rcCommit : (latest?.rcCommit ?? ''),
    rcTag: typeof rcTag === 'string' ? rcTag : (latest?.rcTag ?? ''),
    cycle: typeof cycle === 'number' ? cycle : (latest?.number ?? 0),
  };
}

/** One that is looked at in this very instant still asks (see `findOpenGate`). */
const isAsking = ({ status, waitReason }: GateView) => status === 'IN_PROGRESS' || (status === 'WAITING' && waitReason === 'APPROVAL');

/** @returns undefined while it is open */
function decisionOf({ status, quorum }: GateView, approved: number): string | undefined {
  if (!(terminalTaskStatuses as readonly string[]).includes(status)) return undefined;
  if (status === 'CANCELLED') return 'is not asked about any more';
  return status === 'COMPLETED' && approved >= quorum ? 'is approved' : 'goes on without approval';
}

function standingOf(words: readonly ApprovalView[], quorum: number, isClosed: boolean): MessageSection[] {
  let approved = 0;
  const lines = words.map(({ decision, by }) => {
    if (decision === 'REJECTED') return `Rejected by ${by.displayName}`;
    approved += 1;
    return `Approved by ${by.displayName} (${approved} of ${quorum})`;
  });
  if (isClosed) lines.push('The gate is not open at the moment: something else is missing.');
  return lines.length === 0 ? [] : [{ text: lines.join('\n') }];
}
