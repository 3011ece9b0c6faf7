import type { ReleasePlan } from '../../src/domain/release/plan-release.ts';
import { slot, task } from './release-facts.ts';

/** A plan as short words: `open REGRESSION(CREATE_RC_TAG …)`. */
export const wordsOf = (plan: ReleasePlan) =>
  plan.commands.map((command) => {
    switch (command.do) {
      case 'open-stage':
        return `open ${command.stage}`;
      case 'add-tasks':
        return `add ${command.tasks.map(({ key }) => key).join(' ')} to ${command.stage}`;
      case 'close-stage':
        return `close ${command.stage} ${command.status}`;
      case 'put-back-stage':
        return `put back ${command.stage}`;
      case 'cancel-tasks':
        return `cancel ${command.taskIds.join(' ')}: ${command.why}`;
      default:
        return command.do;
    }
  });

export const done = (number: number) => ({
  id: `c${number}`,
  number,
  status: 'DONE' as const,
  slotId: `s${number}`,
  hasRunningBuilds: false,
});
export const running = (number: number) => ({ ...done(number), status: 'IN_PROGRESS' as const });
export const abandoned = (number: number, hasRunningBuilds = true) => ({ ...done(number), status: 'ABANDONED' as const, hasRunningBuilds });
export const used = (id: string, offset: number) => slot(id, offset, { status: 'USED' });
export const drained = (attempt: number) => ({ REGRESSION: { status: 'IN_PROGRESS' as const, attempt, openTasks: 0 } });
export const gate = (status: Parameters<typeof task>[1], changes = {}) => task('APPROVE_REGRESSION', status, changes);
