import { parseJson } from '../../../db/schema/columns.ts';
import { iso } from '../instant.ts';

/** What a task that waits for a window found when it looked last. */
export interface WindowFact {
  /** Names of the windows that forbid it. */
  closedBy: readonly string[];
  /** null = not by itself. */
  opensAt: Date | null;
  /** How a person lets the release pass. */
  request: string;
}

/** @param output of the task, as it wrote it */
export function windowFact(output: unknown, tenantId: string, releaseId: string): WindowFact {
  const found = parseJson(output) as { closedBy?: string[]; opensAt?: string | null } | null;
  return {
    closedBy: found?.closedBy ?? [],
    opensAt: found?.opensAt ? new Date(found.opensAt) : null,
    request: `POST /api/v1/release-management/tenants/${tenantId}/releases/${releaseId}/window-overrides`,
  };
}

/** Nothing has failed: it goes on when the windows let it. */
export function tellWindow({ closedBy, opensAt, request }: WindowFact, since: Date) {
  const names = closedBy.map((name) => `"${name}"`).join(', ');
  const waits = `is kept back by ${names === '' ? 'the windows' : names} since ${iso(since)}`;
  const remedy = `Override the windows with a reason and until when: ${request}.`;
  if (opensAt === null) {
    const sentence = `${waits}, and goes on when the windows are changed or overridden.`;
    return { on: 'person' as const, nextAction: null, remedy, sentence };
  }
  return { on: 'time' as const, nextAction: 'it goes on', remedy, sentence: `${waits}. It goes on at ${iso(opensAt)}.` };
}
