import { describe, expect, it } from 'vitest';
import { frozenConfig } from '../../../../test/data/release-facts.ts';
import type { Sql } from '../../../db/client.ts';
import type { ReleaseContext } from '../../execution/release-source.ts';
import type { GateRow } from '../gate-view.ts';
import { composeGateRequest } from './compose-gate-request.ts';

const taskId = '01JD8Z2M6Y6Q6S7T8V9W0X1Y30';
const gates = { ...frozenConfig().gates, quorum: 2 };
// Only what the request reads.
const release = {
  id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
  tenantId: 'T',
  displayId: 'REL-7',
  releaseTag: 'v1.4.0',
  config: frozenConfig({ gates }),
  platforms: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' }],
  cycles: [{ number: 3, rcTag: 'v1.4.0-rc.3', rcCommit: 'beef' }],
} as ReleaseContext;

const gate = {
  ...{ runId: 'R', taskId, type: 'APPROVE_REGRESSION', status: 'WAITING', waitReason: 'APPROVAL', since: new Date(0) },
  output: { rcCommit: 'c0ffee', rcTag: 'v1.4.0-rc.2', cycle: 2 },
  settledBy: null,
  ...{
    approvalId: null,
    decision: 'APPROVED',
    comment: null,
    commit: null,
    subject: null,
    forAccountIds: null,
    at: new Date(0),
    accountId: 'A',
    displayName: null,
  },
} satisfies GateRow;
const word = (id: string, displayName: string, more: Partial<GateRow> = {}): GateRow => ({
  ...{ ...gate, approvalId: id, displayName, commit: 'c0ffee' },
  ...more,
});

type Type = 'REGRESSION_STAGE_APPROVAL_REQUEST' | 'PRE_RELEASE_STAGE_APPROVAL_REQUEST';

async function compose(rows: GateRow[], type: Type = 'REGRESSION_STAGE_APPROVAL_REQUEST') {
  // The rows are what the one query of it answers, newest word first.
  const sql = { rows: async () => rows } as unknown as Sql;
  const { notification, isFinal } = await composeGateRequest(sql, { type, data: { taskId } }, release);
  const { content, standing = [] } = notification;
  return { summary: content.summary, text: JSON.stringify(content.sections), actions: content.actions ?? [], isFinal, standing };
}

describe('a request for approval', () => {
  it('is about the candidate that the gate found, not the latest of the release', async () => {
    const { summary, text, actions, isFinal } = await compose([gate]);

    expect(summary).toBe('REL-7: v1.4.0-rc.2 waits for approval');
    expect(text).toContain('2 approvals are needed');
    expect(text).toContain('c0ffee');
    expect(actions.map(({ value }) => value)).toEqual(Array(2).fill(`${release.id}:${taskId}:c0ffee`));
    expect(isFinal).toBe(false);
  });

  it('before the stores is about the tag, and asks by its name', async () => {
    const { summary, text, actions } = await compose([gate], 'PRE_RELEASE_STAGE_APPROVAL_REQUEST');

    expect(summary).toBe('REL-7: v1.4.0 waits for approval before it goes to the stores');
    expect(text).toContain('Post-regression is over. 2 approvals are needed');
    expect(actions[1]?.confirm).toContain('Reject v1.4.0?');
  });

  it('tells the words on this candidate in their order, and counts approvals alone', async () => {
    const rows = [word('4', 'Zoe'), word('3', 'Sam', { decision: 'REJECTED' }), word('2', 'Old', { commit: 'dead' }), word('1', 'Rita')];

    const { standing } = await compose(rows);

    expect(standing).toEqual([{ text: 'Approved by Rita (1 of 2)\nRejected by Sam\nApproved by Zoe (2 of 2)' }]);
  });

  it.each([
    ['WAITING', 'APPROVAL', 2],
    // Looked at in this very instant.
    ['IN_PROGRESS', null, 2],
    ['WAITING', 'CALLBACK', 0],
    ['READY', null, 0],
    ['FAILED', null, 0],
  ] as const)('of a gate that is %s (%s) has %i buttons', async (status, waitReason, count) => {
    const { actions, isFinal, standing } = await compose([{ ...gate, status, waitReason }]);

    expect(actions).toHaveLength(count);
    expect(isFinal).toBe(false);
    expect(JSON.stringify(standing).includes('not open at the moment')).toBe(count === 0);
  });

  it.each([
    ['COMPLETED', [word('2', 'Sam'), word('1', 'Rita')], 'is approved'],
    ['COMPLETED', [word('1', 'Rita')], 'goes on without approval'],
    ['COMPLETED', [word('2', 'Sam', { settledBy: 'A' }), word('1', 'Rita', { settledBy: 'A' })], 'goes on without approval'],
    ['SKIPPED', [word('2', 'Sam'), word('1', 'Rita')], 'goes on without approval'],
    ['CANCELLED', [gate], 'is not asked about any more'],
  ] as const)('of a gate that is %s says so, asks nobody and is final', async (status, rows, said) => {
    const composed = await compose(rows.map((row) => ({ ...row, status, waitReason: null })));

    expect(composed).toMatchObject({ summary: `REL-7: v1.4.0-rc.2 ${said}`, actions: [], isFinal: true });
    expect(composed.text).not.toContain('needed');
    expect(JSON.stringify(composed.standing)).not.toContain('not open');
  });

  it('of a gate that is gone, or has not looked yet, is about the latest candidate and has no buttons', async () => {
    const gone = await compose([]);
    const fresh = await compose([{ ...gate, status: 'READY', waitReason: null, output: null }]);

    for (const { summary, actions, isFinal } of [gone, fresh]) {
      expect([summary, actions, isFinal]).toEqual(['REL-7: v1.4.0-rc.3 waits for approval', [], false]);
    }
    expect(gone.standing).toEqual([]);
  });
});
