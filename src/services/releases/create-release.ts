import { isValid, monotonicFactory } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { FrozenConfig } from '../../domain/release/config.ts';
import { refsOf, validateNewRelease } from '../../domain/release/create-release.ts';
import type { NewRelease, NewReleaseContext } from '../../domain/release/new-release.ts';
import { planKickoff } from '../../domain/release/plan-tasks.ts';
import { queueOf, stageKeys } from '../../domain/release/vocabulary.ts';
import { ruleOf } from '../../domain/versions/scheme.ts';
import { createRun } from '../../engine/create-run.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { ringRun } from '../../engine/holds.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { invalid, notFound, type Problem } from '../service-error.ts';
import { findBase } from './base-release.ts';
import { copySubConfigs, freezeConfig } from './freeze-config.ts';
import { readRelease } from './get-release.ts';
import { iso } from './instant.ts';
import { latestVersions } from './latest-versions.ts';
import { checkPilot } from './members.ts';
import { beginStatusMessage } from './messages/status-message.ts';
import { displayIdOf } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';
import { takenRefs } from './taken-refs.ts';
import { type CompleteInput, type CreateReleaseInput, completeInput } from './tasks/complete-input.ts';

const newId = monotonicFactory();

/** A release without stores ends after post-regression. */
const stagesOf = ({ stores }: FrozenConfig) =>
  stageKeys.filter((key) => key !== 'DISTRIBUTION' || stores.length > 0).map((key) => ({ key, queue: queueOf[key] }));

/**
 * Creates a release from a copy of its config, with its run and the tasks of kickoff. The tenant's row is locked meanwhile: numbers and
 * versions of two releases created at once cannot meet.
 * @throws ServiceError invalid with every problem at once
 */
export async function createRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  asked: CreateReleaseInput,
): Promise<ReleaseDetail> {
  authorise(caller, 'release:create');
  return deps.db.transact(async (tx) => {
    const now = await lockTenant(tx, caller.tenantId);
    const input = await completeInput(tx, caller.tenantId, asked, now);
    const { context, problems } = await contextOf(tx, caller.tenantId, input);
    const checked = validateNewRelease(input, context, now);
    const all = [
      ...problems,
      ...(checked.ok ? [] : checked.problems.map(inRequest)),
      ...(await checkPilot(tx, caller.tenantId, input.pilotAccountId)),
    ];
    if (!checked.ok || all.length > 0) throw invalid(all);
    // The tag is decided here, once: handlers find no placeholder left in the copy.
    const config: FrozenConfig = { ...checked.value.config, tagPattern: checked.value.tagBase };
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
  input: CompleteInput,
): Promise<{ context: NewReleaseContext; problems: readonly Problem[] }> {
  const targets = input.platformTargets.map(({ target }) => target);
  const frozen = isValid(input.releaseConfigId) ? await freezeConfig(tx, tenantId, input.releaseConfigId, targets) : null;
  if (frozen === null) throw invalid([{ field: '/releaseConfigId', message: 'There is no such release config.' }]);
  const { config } = frozen;
  const base = input.baseReleaseId === undefined ? null : await findBase(tx, tenantId, input.baseReleaseId);
  const { scmIntegrationId } = config;
  const line = input.type === 'HOTFIX' ? base : null;
  const latest = await latestVersions(tx, tenantId, { scmIntegrationId, rule: ruleOf(config), base: line });
  const known: NewReleaseContext = { config, configActive: frozen.active, latestVersions: latest, baseRelease: base, taken: [] };
  const taken = await takenRefs(tx, tenantId, scmIntegrationId, refsOf(input, known));
  return { context: { ...known, taken }, problems: frozen.problems };
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
  input: CompleteInput,
  release: NewRelease,
  decided: FrozenConfig,
): Promise<{ id: string; runId: string }> {
  const { tenantId, accountId } = caller;
  const id = newId();
  const config = await copySubConfigs(tx, { tenantId, releaseId: id }, decided);
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
  const plan = {
    tenantId,
    kind: 'release',
    subjectId: id,
    stages: stagesOf(config),
    tasks: planKickoff(facts),
    wakeAt: release.kickOffDate,
  };
  const slots = release.slots.map((slot) => ({ id: newId(), ...slot }));
  const pilot = input.pilotAccountId ?? null;
  await writeHistory(tx, [
    {
      tenantId,
      scopeId: id,
      entityType: 'release',
      entityId: id,
      action: 'CREATE',
      actor: actorOf(caller),
      items: [...createdItems(displayNumber, release, config, pilot), ...slots.flatMap(slotItems)],
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
        ...[release.kickOffReminderDate, release.kickOffDate, release.targetReleaseDate, pilot, accountId],
      ],
    ],
  );
  await tx.run('INSERT INTO platform_releases (id, tenant_id, release_id, platform, target, version) VALUES ?', [
    release.platformTargets.map(({ platform, target, version }) => [newId(), tenantId, id, platform, target, version]),
  ]);
  if (slots.length > 0) {
    await tx.run('INSERT INTO regression_slots (id, tenant_id, release_id, date, status, flags) VALUES ?', [
      slots.map((slot) => [slot.id, tenantId, id, slot.date, 'PLANNED', JSON.stringify(slot.flags)]),
    ]);
  }
  if (config.commsConfigId !== null) await beginStatusMessage(tx, { tenantId, id });
  return { id, runId };
}

const slotItems = ({ id, date, flags }: NewRelease['slots'][number] & { id: string }): HistoryItem[] => [
  { entityId: id, field: 'slot', before: null, after: iso(date) },
  { entityId: id, field: 'automation', before: null, after: String(flags.automation) },
];

function createdItems(displayNumber: number, release: NewRelease, config: FrozenConfig, pilot: string | null): HistoryItem[] {
  const values: [string, string | null][] = [
    ['displayId', displayIdOf(displayNumber)],
    ['config', config.configName],
    ...config.stores.map(({ target, appId, track }): [string, string] => [`store:${target}`, `${appId} (${track})`]),
    ['type', release.type],
    ['branch', release.branch],
    ['baseBranch', release.baseBranch],
    ['baseReleaseId', release.baseReleaseId],
    ['baseTag', release.baseTag],
    ...config.skipped.tasks.map((task): [string, string] => ['skipped', task]),
    ['skipped', config.skipped.regression ? 'REGRESSION' : null],
    ['kickOffReminderDate', release.kickOffReminderDate === null ? null : iso(release.kickOffReminderDate)],
    ['kickOffDate', iso(release.kickOffDate)],
    ['targetReleaseDate', iso(release.targetReleaseDate)],
    ...release.platformTargets.map(({ platform, target, version }): [string, string] => [`version:${platform}/${target}`, version]),
    ['pilot', pilot],
    ['description', release.description],
  ];
  return values.filter(([, after]) => after !== null).map(([field, after]) => ({ field, before: null, after }));
}
