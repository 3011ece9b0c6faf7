import { describe, expect, it } from 'vitest';
import { taskStatuses, terminalTaskStatuses } from '../domain/run.ts';
import { isTerminal, next, sourcesOf, taskEvents, transitions } from './transitions.ts';

describe('the transition table', () => {
  it('has each event once', () => {
    expect(transitions.map(({ event }) => event).sort()).toEqual([...taskEvents].sort());
  });

  it('never leaves COMPLETED, SKIPPED and CANCELLED, and leaves every other status', () => {
    expect(taskStatuses.filter(isTerminal)).toEqual([...terminalTaskStatuses]);
  });

  it('reaches every status from PENDING', () => {
    const reached = new Set<string>(['PENDING']);
    for (let size = 0; size !== reached.size; ) {
      size = reached.size;
      for (const { from, to } of transitions) if (from.some((status) => reached.has(status))) reached.add(to);
    }

    expect([...reached].sort()).toEqual([...taskStatuses].sort());
  });

  it('leads from every status that is not an end to an end', () => {
    const leadsOut = new Set<string>(terminalTaskStatuses);
    for (let size = 0; size !== leadsOut.size; ) {
      size = leadsOut.size;
      for (const { from, to } of transitions) if (leadsOut.has(to)) for (const status of from) leadsOut.add(status);
    }

    expect([...leadsOut].sort()).toEqual([...taskStatuses].sort());
  });

  it('answers `next` and `sourcesOf` alike', () => {
    for (const event of taskEvents) {
      const transition = transitions.find((candidate) => candidate.event === event);
      for (const status of taskStatuses) {
        expect(next(status, event)).toBe(sourcesOf(event).includes(status) ? transition?.to : null);
      }
    }
  });

  it('claims only what may start', () => {
    expect(sourcesOf('claim')).toEqual(['READY', 'WAITING']);
  });

  it('lets nobody touch what a worker executes, but a person who ends it and the run that is cancelled', () => {
    const byOthers = transitions.filter(({ from, by }) => from.includes('IN_PROGRESS') && !by.includes('worker') && by !== 'the scheduler');

    expect(byOthers.map(({ event }) => event)).toEqual(['skip', 'complete-outside', 'cancel']);
  });
});
