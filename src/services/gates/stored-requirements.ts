import type { RequirementOwner } from '../../domain/gates/requirement.ts';
import type { GateOutput } from './gate-subject.ts';

/** A requirement as the gate's task keeps it: instants are ISO 8601 text. */
export interface StoredRequirement {
  key: string;
  met: boolean | 'unknown';
  evidence: string;
  checkedAt: string;
  /** Absent on what was found before it was kept. */
  owner?: RequirementOwner;
  freshForMs?: number | null;
}

/** What a gate found when it looked last; our own tasks wrote it. */
export const storedRequirements = ({ requirements }: GateOutput): StoredRequirement[] =>
  Array.isArray(requirements) ? (requirements as StoredRequirement[]) : [];
