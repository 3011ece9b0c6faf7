import type { MessageAction, MessageSection } from '../../domain/message.ts';
import { type GatedSubject, gateActions } from '../../domain/notifications/message-actions.ts';
import { terminalTaskStatuses } from '../../domain/run.ts';
import { approvalsOf, type GateRow } from '../releases/gate-view.ts';
import type { ApprovalView } from '../releases/release-view.ts';
import { isAsking } from './gate-word.ts';

/** What exactly a message asks about. */
export interface AskedCandidate {
  about: GatedSubject;
  taskId: string;
  commit: string;
  /** Digest of what people are asked about; null = the gate has not said. */
  subject: string | null;
  /** For people. */
  name: string;
  quorum: number;
  /** What the gate was before has ended: nobody is asked any more, however the gate stands. */
  isOver: boolean;
}

/** What a message that asks for people's word shows of its gate, whatever stands behind it. */
export interface AskedGate {
  /** What became of it, in words that go after its name; absent while it is open. */
  decided: string | undefined;
  /** Who said what, in the order in which they did. */
  standing: MessageSection[];
  /** Buttons while the gate asks. */
  actions: MessageAction[];
}

/** @param rows of the gate, one per word, the newest first; empty = it is gone */
export function askedGate(rows: readonly GateRow[], candidate: AskedCandidate): AskedGate {
  const [gate] = rows;
  const { about, taskId, commit, subject, name, quorum, isOver } = candidate;
  const words = approvalsOf(rows)
    .filter((word) => isAbout(word, candidate))
    .toReversed();
  const approved = words.filter(({ decision }) => decision === 'APPROVED').length;
  const asks = gate !== undefined && !isOver && isAsking(gate);
  const decided = gate === undefined ? undefined : decisionOf(gate, { approved, quorum, isOver });
  return {
    decided,
    standing: standingOf(words, quorum, gate !== undefined && !asks && decided === undefined),
    actions: asks ? gateActions({ about, taskId, commit, subject, name }) : [],
  };
}

const isAbout = (word: ApprovalView, { commit, subject }: AskedCandidate) =>
  subject === null || word.subject === null ? word.commit === commit : word.subject === subject;

/** @returns undefined while it is open */
function decisionOf(
  { status, settledBy }: GateRow,
  { approved, quorum, isOver }: { approved: number; quorum: number; isOver: boolean },
): string | undefined {
  const isEnded = (terminalTaskStatuses as readonly string[]).includes(status);
  if (status === 'CANCELLED' || (isOver && !isEnded)) return 'is not asked about any more';
  if (!isEnded) return undefined;
  return status === 'COMPLETED' && settledBy === null && approved >= quorum ? 'is approved' : 'goes on without approval';
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
