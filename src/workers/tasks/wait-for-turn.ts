import { turnSignals } from '../../services/releases/turn-signals.ts';
import type { TaskHandler } from '../task-context.ts';

/**
 * The gate before the kickoff of a release whose config lets only so many of its type be under way. Who is before it is looked up and the turn
 * taken under one lock; skipping the task lets the release pass all the same.
 */
export const waitForTurn: TaskHandler = {
  async run({ release, services, pollMs }) {
    const untilKickoff = release.kickOffDate.getTime() - (await services.records.now()).getTime();
    // Somebody ended while the kickoff was moved away.
    if (untilKickoff > 0) return { kind: 'waiting', reason: 'TIMER', forMs: untilKickoff };
    const turn = await services.turns.take(release);
    if (turn.own) return { kind: 'completed' };
    const { blockedBy } = turn;
    return { kind: 'waiting', reason: 'TURN', forMs: pollMs, output: { blockedBy }, signals: turnSignals(blockedBy, null) };
  },
};
