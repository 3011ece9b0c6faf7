import fc from 'fast-check';
import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { replay } from '../../src/domain/history/replay.ts';
import { releaseStatus } from '../../src/domain/release/status.ts';
import type { RunStatus } from '../../src/domain/run.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { approveRegression } from '../../src/workers/tasks/approve-regression.ts';
import { commit, gateLooker } from '../api/gate-world.ts';
import { type ApiHarness, startApi } from '../api/harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from '../api/release-world.ts';
import { expectHistoryReplays, readSteps } from '../support/history-replays.ts';

/*
 * What `release-commands.test.ts` demands of the pure planner, of the services and the engine themselves: people command over HTTP, workers claim and
 * settle, the gate looks, in any order; after each step the rows keep the rules, and the history that was really written leads to them.
 */

const GATE = 'APPROVE_REGRESSION';
const QUORUM = 2;

let api: ApiHarness;
let world: ReleaseWorld;
let engine: Engine;
let look: (gateId: string) => Promise<string>;
let people: string[];
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
  const { db, deps } = api;
  engine = createEngine({
    ...{ db, ring: deps.ring, definitions: deps.definitions, owner: ulid(), leaseMs: 60_000, backoff: { baseMs: 1, maxMs: 1 } },
  });
  look = gateLooker(api, approveRegression, { scm: { resolve: async () => commit } });
  people = [];
  for (let n = 0; n < 2; n += 1) people.push((await world.person('release-manager')).token);
});
afterAll(() => api?.close());

interface TaskRow {
  id: string;
  type: string;
  status: string;
  stageKey: string;
  fence: number;
  attempt: number;
}

/** One release, and how often it met what the rules are about. */
interface Life {
  id: string;
  /** Gates that a worker found open. */
  opened: Set<string>;
  met: { claimed: number; refused: number; opened: number; overridden: number; heldBack: number };
}

const tasksOf = ({ id }: Life) =>
  api.db.rows<TaskRow>(
    `SELECT t.id, t.type, t.status, s.stage_key AS stageKey, t.fence, t.attempt FROM tasks t
     JOIN stages s ON s.id = t.stage_id JOIN runs r ON r.id = t.run_id WHERE r.subject_id = ? ORDER BY t.id`,
    [id],
  );

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

/** The newest gate is passed by its requirements, or by an override that is written down. */
async function isGatePassed(life: Life): Promise<boolean> {
  const gate = (await tasksOf(life)).findLast(({ type }) => type === GATE);
  if (gate === undefined || life.opened.has(gate.id)) return gate?.status === 'COMPLETED';
  const overrides = await api.db.rows('SELECT 1 FROM gate_overrides WHERE task_id = ?', [gate.id]);
  return (gate.status === 'SKIPPED' || gate.status === 'COMPLETED') && overrides.length > 0;
}

/** A worker tries to take any task, whatever it is; the engine says which it may. */
async function work(life: Life, n: number, outcome: 'completed' | 'failed'): Promise<void> {
  const tasks = (await tasksOf(life)).filter(({ type }) => type !== GATE);
  const open = tasks.filter(({ status }) => status === 'READY' || status === 'WAITING');
  const row = n % 3 === 0 ? pick(tasks, n) : pick(open, n);
  if (row === undefined) return;
  const holds = await api.db.rows<{ reason: string }>(
    'SELECT h.reason FROM run_holds h JOIN runs r ON r.id = h.run_id WHERE r.subject_id = ?',
    [life.id],
  );
  const isHeld = holds.some(({ reason }) => reason === 'USER_REQUESTED' || reason === 'BLOCKER');
  const task = await engine.claim({ id: row.id, fence: row.fence });
  life.met[task === null ? 'refused' : 'claimed'] += 1;
  if (isHeld && open.length > 0) life.met.heldBack += 1;
  if (task === null) return;
  expect(isHeld, `${row.type} starts while a person or a blocker holds the release`).toBe(false);
  if (row.stageKey === 'POST_REGRESSION') expect(await isGatePassed(life), `${row.type} starts before its gate`).toBe(true);
  const failure = { kind: 'invalid', message: 'No.' } as const;
  await engine.settle({ task, outcome: outcome === 'completed' ? { kind: outcome } : { kind: outcome, failure }, handOver: false });
  // What its handler would have written beside it.
  if (row.type === 'CREATE_RC_TAG') {
    await api.db.run('UPDATE regression_cycles SET rc_tag = ?, rc_commit = ? WHERE release_id = ? AND rc_commit IS NULL', [
      ...['rc', commit, life.id],
    ]);
  }
}

const commands: Record<string, (life: Life, n: number) => Promise<unknown>> = {
  work: async (life, n) => {
    for (let times = 0; times < 8; times += 1) await work(life, n + times, 'completed');
  },
  fail: (life, n) => work(life, n, 'failed'),
  plan: (life) => world.advance(life.id),
  look: async (life) => {
    const gate = (await tasksOf(life)).findLast(({ type, status }) => type === GATE && ['READY', 'WAITING'].includes(status));
    if (gate === undefined || (await look(gate.id)) !== 'COMPLETED') return;
    const approving = await api.db.rows(`SELECT DISTINCT account_id FROM approvals WHERE task_id = ? AND decision = 'APPROVED'`, [gate.id]);
    expect(approving.length, 'the gate opens without its quorum').toBeGreaterThanOrEqual(QUORUM);
    life.opened.add(gate.id);
    life.met.opened += 1;
  },
  approve: (life, n) => say(life, 'POST', '/approvals', { decision: n % 5 === 4 ? 'REJECTED' : 'APPROVED' }, pick(people, n)),
  override: async (life) => {
    const answer = await say(life, 'POST', '/gates/pre-release/override', { reason: 'The store closes.' });
    life.met.overridden += Number(answer === 200);
  },
  pause: (life) => say(life, 'POST', '/pause', { reason: 'Lunch' }),
  resume: (life) => say(life, 'POST', '/resume', {}),
  block: (life) => say(life, 'POST', '/blockers', { title: 'Prices are wrong' }),
  unblock: async (life, n) => {
    const blocker = pick(await idsOf('SELECT id FROM release_blockers WHERE release_id = ? ORDER BY id', life), n);
    await say(life, 'POST', `/blockers/${blocker}/${pick(['resolve', 'waive', 'reopen'], n)}`, { reason: 'Looked at.' });
  },
  'add-slot': (life, n) => say(life, 'POST', '/regression-slots', { date: minutes(30 + (n % 500)) }),
  'skip-slot': async (life, n) => {
    const slot = pick(await idsOf('SELECT id FROM regression_slots WHERE release_id = ? ORDER BY date', life), n);
    await say(life, 'POST', `/regression-slots/${slot}/skip`, { reason: 'Nobody is here.' });
  },
  regress: (life) => say(life, 'POST', '/trigger-regression', { reason: 'Once more' }),
  'go-on': (life) => say(life, 'POST', '/trigger-pre-release', { reason: 'Enough' }),
  abandon: (life, n) => say(life, 'POST', `/cycles/${1 + (n % 3)}/abandon`, { reason: 'Wrong commit' }),
  task: async (life, n) => {
    const task = pick(await tasksOf(life), n);
    await say(life, 'POST', `/tasks/${task?.id}/${pick(['retry', 'skip', 'complete'], n)}`, {
      reason: 'By hand',
      ...(n % 3 === 2 ? { force: true } : {}),
    });
  },
  archive: async (life, n) => {
    if (n % 4 === 0) await say(life, 'POST', '/archive', { reason: 'Not this one' });
  },
};

const idsOf = async (sql: string, { id }: Life) => (await api.db.rows<{ id: string }>(sql, [id])).map((row) => row.id);

/** Refusals are answers, too; trouble is none. */
async function say({ id }: Life, method: string, suffix: string, body: object, token = world.owner): Promise<number> {
  const answer = await world.call(method, `/${id}${suffix}`, { token, body });
  expect([suffix, answer.status < 500 ? 'answered' : answer.text]).toEqual([suffix, 'answered']);
  return answer.status;
}

/** The status that people see is what the history leads to, and no stage is open behind a gate that nobody passed. */
async function keepsTheRules(life: Life): Promise<void> {
  await expectHistoryReplays(api.db, life.id);
  const { run, holds, release } = replay(await readSteps(api.db, life.id));
  const instant = (value: string | null | undefined) => (value ? new Date(value) : null);
  const told = releaseStatus(
    { status: run.status as RunStatus, held: holds.length > 0 },
    { archivedAt: instant(release.archivedAt), submittedAt: instant(release.submittedAt) },
  );
  const shown = (await world.call('GET', `/${life.id}`)).body;
  expect([shown.status, shown.pauseReasons]).toEqual([told, holds]);
  const rows = await api.db.rows<{ key: string; status: string }>(
    'SELECT s.stage_key AS `key`, s.status FROM stages s JOIN runs r ON r.id = s.run_id WHERE r.subject_id = ?',
    [life.id],
  );
  expect(rows.filter(({ status }) => status === 'SKIPPED')).toEqual([]);
  const beyond = rows.find(({ key, status }) => key === 'POST_REGRESSION' && ['IN_PROGRESS', 'COMPLETED'].includes(status));
  if (beyond !== undefined) expect(await isGatePassed(life), 'post-regression is open and its gate is not passed').toBe(true);
}

let major = 0;

async function live(given: readonly (readonly [string, number])[]): Promise<Life['met']> {
  major += 1;
  const releaseConfigId = await world.config({
    gates: {
      ...{ preReleaseApproval: 'manual', distributionApproval: 'automatic', quorum: QUORUM, allowSelfApproval: true },
      ...{ preRelease: plainRules, distribution: plainRules },
    },
    ...{ testManagementConfigId: null, projectManagementConfigId: null, commsConfigId: null },
  });
  const platformTargets = [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }];
  const release = await world.create({ releaseConfigId, type: 'MAJOR', platformTargets, kickOffDate: minutes(-1) });
  const life: Life = { id: release.id, opened: new Set(), met: { claimed: 0, refused: 0, opened: 0, overridden: 0, heldBack: 0 } };
  for (const [name, n] of given) {
    await commands[name]?.(life, n);
    await keepsTheRules(life);
  }
  return life.met;
}

const toTheGate = [
  ['plan', 0],
  ['work', 1],
  ['plan', 0],
  ['regress', 0],
  ['plan', 0],
  ['work', 1],
  ['work', 2],
  ['go-on', 0],
  ['plan', 0],
] as const;
const lived: (readonly (readonly [string, number])[])[] = [
  [...toTheGate, ['look', 0], ['work', 3], ['approve', 0], ['look', 0], ['approve', 1], ['look', 0], ['plan', 0], ['work', 1], ['plan', 0]],
  [...toTheGate, ['look', 0], ['override', 0], ['plan', 0], ['work', 1], ['work', 3], ['plan', 0]],
  [
    ['plan', 0],
    ['pause', 0],
    ['block', 0],
    ['work', 1],
    ['resume', 0],
    ['work', 1],
    ['unblock', 0],
    ['work', 1],
    ['archive', 0],
  ],
];

it('keep every stage behind its gate, start nothing that is held, and write the history that leads to the rows', async () => {
  const met: Life['met'][] = [];
  for (const given of lived) met.push(await live(given));
  const command = fc.tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('work', 'plan', 'look', 'approve') },
      { weight: 4, arbitrary: fc.constantFrom(...Object.keys(commands)) },
    ),
    fc.nat(60),
  );

  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 25, size: 'max' }),
      async (given) => void (await live([...toTheGate.slice(0, 6), ...given])),
    ),
    { numRuns: 8 },
  );

  // The lives that are told above come to all of it, whatever chance brings.
  const total = (key: keyof Life['met']) => met.reduce((sum, each) => sum + each[key], 0);
  expect(met[0]?.opened).toBe(1);
  expect(met[1]?.overridden).toBe(1);
  expect([total('claimed'), total('refused'), total('heldBack')].every((times) => times > 2)).toBe(true);
}, 300_000);
