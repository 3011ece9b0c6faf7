import type { Problem } from '../release/problem.ts';
import type { JudgeDefinition } from './judge.ts';

const MAX_METRICS = 200;
const MAX_WEIGHT = 1000;

/** What is wrong with a judge's definition. Fields are JSON pointers into it. */
export function validateJudge({ groups, pass, marginal }: JudgeDefinition): Problem[] {
  const problems: Problem[] = [];
  if (!(pass > 0 && pass <= 100)) problems.push({ field: '/pass', message: 'must be above 0 and at most 100' });
  if (!(marginal > 0 && marginal <= 100)) problems.push({ field: '/marginal', message: 'must be above 0 and at most 100' });
  else if (marginal > pass) problems.push({ field: '/marginal', message: 'must not be above pass' });
  const count = groups.reduce((sum, { metrics }) => sum + metrics.length, 0);
  if (groups.length === 0 || count > MAX_METRICS) {
    problems.push({ field: '/groups', message: `must be at least one group, and at most ${MAX_METRICS} metrics in all` });
  }
  return [...problems, ...groupProblems(groups), ...metricNameProblems(groups)];
}

function groupProblems(groups: JudgeDefinition['groups']): Problem[] {
  const seen = new Set<string>();
  return groups.flatMap(({ name, weight, metrics }, index) => {
    const problems = nameProblems(`/groups/${index}/name`, name, seen);
    if (!(weight > 0 && weight <= MAX_WEIGHT)) {
      problems.push({ field: `/groups/${index}/weight`, message: `must be above 0 and at most ${MAX_WEIGHT}` });
    }
    if (metrics.length === 0) problems.push({ field: `/groups/${index}/metrics`, message: 'must not be empty' });
    return problems;
  });
}

/** Samples are told apart by the name of their metric, whatever group it is in. */
function metricNameProblems(groups: JudgeDefinition['groups']): Problem[] {
  const seen = new Set<string>();
  return groups.flatMap(({ metrics }, group) =>
    metrics.flatMap(({ name }, index) => nameProblems(`/groups/${group}/metrics/${index}/name`, name, seen)),
  );
}

function nameProblems(field: string, name: string, seen: Set<string>): Problem[] {
  if (name.trim() === '') return [{ field, message: 'must not be empty' }];
  if (seen.has(name)) return [{ field, message: 'must not be there twice' }];
  seen.add(name);
  return [];
}
