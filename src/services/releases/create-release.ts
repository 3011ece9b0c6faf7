import { isValid, monotonicFactory } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { FrozenConfig } from '../../domain/release/config.ts';
import { type NewRelease, type NewReleaseContext, type NewReleaseInput, validateNewRelease } from '../../domain/release/create-release.ts';
import { planKickoff } from '../../domain/release/plan-tasks.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import { queueOf } from '../../domain/release/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';
import { createRun } from '../../engine/create-run.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { ringRun } from '../../engine/holds.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { invalid, notFound, type Problem } from '../service-error.ts';
import { freezeConfig } from './freeze-config.ts';
import { readRelease } from './get-release.ts';
import { iso } from './instant.ts';
import { latestVersions, latestVersionsOfLine } from './latest-versions.ts';
import { checkPilot } from './members.ts';
import { displayIdOf } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';

export interface CreateReleaseInput extends NewReleaseInput {
  releaseConfigId: string;
  pilotAccountId?: string;
}

const newId = monotonicFactory();

/** The stages every release goes through. Distribution joins them with the first config that names a store. */
const stages = (['KICKOFF', 'REGRESSION', 'POST_REGRESSION'] as const).map((key) => ({ key, queue: queueOf[key] }));

/**
 * Creates a release from a copy of its config, with its run and the tasks of kickoff. The tenant's row is locked meanwhile: numbers and
 * versions of two releases created at once cannot meet.
 * @throws ServiceError invalid with every problem at once
 */
export async function createRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  input: CreateReleaseInput,
): Promise<ReleaseDetail> {
  authorise(caller, 'release:create');
  return deps.db.transact(async (tx) => {
    const now = await lockTenant(tx, caller.tenantId);
    const { context, problems } = await contextOf(tx, caller.tenantId, input);
    const checked = validateNewRelease(input, context, now);
    const all = [
      ...problems,
      ...(checked.ok ? [] : checked.problems.map(inRequest)),
      ...(await checkPilot(tx, caller.tenantId, input.pilotAccountId)),
    ];
    if (!checked.ok || all.length > 0) throw invalid(all);
    // The tag is decided here, once: handlers find no placeholder left in the copy.
    const config: FrozenConfig = { ...context.config, tagPattern: checked.value.tagBase };
    const { id, runId } = await insertRelease(tx, caller, input, checked.value, config);
    await ringRun(tx, runId, deps.ring);
    const view = await readRelease(tx, caller.tenantId, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

/** @returns the database's clock */
async function lockTenant(tx: Tx, tenantId: string): Promise<Date> {
  const [tenant] = await tx.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now FROM tenants WHERE id = ? FOR UPDATE', [tenantId]);
  if (tenant === undefined) throw notFound('The tenant');
  return tenant.now;
}

async function contextOf(
  tx: Tx,
  tenantId: string,
  input: CreateReleaseInput,
): Promise<{ context: NewReleaseContext; problems: readonly Problem[] }> {
  const frozen = isValid(input.releaseConfigId) ? await freezeConfig(tx, tenantId, input.releaseConfigId) : null;
  if (frozen === null) throw invalid([{ field: '/releaseConfigId', message: 'There is no such release config.' }]);
  const { config } = frozen;
  const base = input.baseReleaseId === undefined ? null : await baseOf(tx, tenantId, input.baseReleaseId);
  const latest =
    input.type === 'HOTFIX' && base !== null
      ? await latestVersionsOfLine(tx, tenantId, base, config.versionScheme)
      : await latestVersions(tx, tenantId, { scmIntegrationId: config.scmIntegrationId, scheme: config.versionScheme });
  return {
    context: { config, configActive: frozen.active, latestVersions: latest, baseRelease: base },
    problems: frozen.problems,
  };
}

interface BaseRow {
  id: string;
  branch: string;
  releaseTag: string | null;
  baseReleaseId: string | null;
  archivedAt: Date | null;
  runStatus: RunStatus;
  held: number;
}

async function baseOf(tx: Tx, tenantId: string, releaseId: string) {
  if (!isValid(releaseId)) return null;
  const [row] = await tx.rows<BaseRow>(
    `SELECT r.id, r.branch, r.release_tag AS releaseTag, r.base_release_id AS baseReleaseId, r.archived_at AS archivedAt,
            n.status AS runStatus, n.held
     FROM releases r JOIN runs n ON n.id = r.run_id WHERE r.id = ? AND r.tenant_id = ?`,
    [releaseId, tenantId],
  );
  if (row === undefined) return null;
  const { runStatus, held, archivedAt, ...base } = row;
  return { ...base, status: releaseStatus({ status: runStatus, held: held === 1 }, { archivedAt }) };
}

/** The release config is no part of the request: what is wrong with it is told at its id. */
function inRequest({ field, message }: Problem): Problem {
  if (field === '/configId') return { field: '/releaseConfigId', message };
  if (!field.startsWith('/config/')) return { field, message };
  return { field: '/releaseConfigId', message: `${message} (${field.slice('/config/'.length)} of the release config)` };
}

async function insertRelease(
  tx: Tx,
  caller: Caller,
  input: CreateReleaseInput,
  release: NewRelease,
  config: FrozenConfig,
): Promise<{ id: string; runId: string }> {
  const { tenantId, accountId } = caller;
  const id = newId();
  const [last] = await tx.rows<{ number: number | null }>('SELECT MAX(display_number) AS number FROM releases WHERE tenant_id = ?', [
    tenantId,
  ]);
  const displayNumber = (last?.number ?? 0) + 1;
  const facts = {
    config,
    platforms: release.platforms,
    kickOffReminderDate: release.kickOffReminderDate,
    kickOffDate: release.kickOffDate,
  };
  const plan = { tenantId, kind: 'release', subjectId: id, stages, tasks: planKickoff(facts), wakeAt: release.kickOffDate };
  await writeHistory(tx, [
    {
      tenantId,
      scopeId: id,
      entityType: 'release',
      entityId: id,
      action: 'CREATE',
      actor: actorOf(caller),
      items: createdItems(displayNumber, release, config),
    },
  ]);
  const { runId } = await createRun(tx, plan, actorOf(caller));
  await tx.run(
    `INSERT INTO releases (id, tenant_id, run_id, display_number, config_id, config, type, description, branch, base_branch, base_release_id, base_tag,
       build_mode, kick_off_reminder_date, kick_off_date, target_release_date, pilot_account_id, created_by_account_id) VALUES (?)`,
    [
      [
        ...[id, tenantId, runId, displayNumber, input.releaseConfigId, JSON.stringify(config), release.type, release.description],
        ...[release.branch, release.baseBranch, release.baseReleaseId, release.baseTag, config.buildMode],
        ...[release.kickOffReminderDate, release.kickOffDate, release.targetReleaseDate, input.pilotAccountId ?? null, accountId],
      ],
    ],
  );
  await tx.run('INSERT INTO platform_releases (id, tenant_id, release_id, platform, target, version) VALUES ?', [
    release.platformTargets.map(({ platform, target, version }) => [newId(), tenantId, id, platform, target, version]),
  ]);
  if (release.slots.length > 0) {
    await tx.run('INSERT INTO regression_slots (id, tenant_id, release_id, date, status, flags) VALUES ?', [
      release.slots.map((slot) => [newId(), tenantId, id, slot.date, 'PLANNED', JSON.stringify(slot.flags)]),
    ]);
  }
  return { id, runId };
}

function createdItems(displayNumber: number, release: NewRelease, config: FrozenConfig): HistoryItem[] {
  const values: [string, string | null][] = [
    ['displayId', displayIdOf(displayNumber)],
    ['config', config.configName],
    ['type', release.type],
    ['branch', release.branch],
    ['baseBranch', release.baseBranch],
    ['baseReleaseId', release.baseReleaseId],
    ['baseTag', release.baseTag],
    ['kickOffReminderDate', release.kickOffReminderDate === null ? null : iso(release.kickOffReminderDate)],
    ['kickOffDate', iso(release.kickOffDate)],
    ['targetReleaseDate', iso(release.targetReleaseDate)],
    ...release.platformTargets.map(({ platform, target, version }): [string, string] => [`version:${platform}/${target}`, version]),
    ...release.slots.map((slot): [string, string] => ['slot', iso(slot.date)]),
  ];
  return values.filter(([, after]) => after !== null).map(([field, after]) => ({ field, before: null, after }));
}
