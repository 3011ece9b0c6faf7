import type { Tx } from '../../db/client.ts';
import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import { type HistoryEvent, type HistoryItem, writeHistory } from '../../engine/history.ts';
import { changedItems } from '../configs/changed-items.ts';
import { type ConfigBody, type ConfigKind, configContents, configProblems } from '../configs/config-resource.ts';
import { insertConfig, overwriteConfig, removeConfig } from '../configs/write-config.ts';
import { namesOneOf, references } from '../connections/references.ts';
import { actorOf, type Caller } from '../context.ts';
import type { Problem } from '../service-error.ts';
import { type SubConfigChanges, storeKind, subConfigs } from './sub-configs.ts';

/** Of the release config that is being written. */
interface Owner {
  id: string;
  name: string;
}

interface Written {
  /** What the changes make of the body: ids in place of what was written out. */
  body: ReleaseConfigBody;
  problems: Problem[];
  /** Fields of the body whose problems are told already, at the part itself. */
  told: string[];
  /** What changed inside of the parts, for the history of the release config. */
  items: HistoryItem[];
}

/**
 * Creates and replaces the configs that are written out in a release config. What is refused is not written: its problems are told, and the
 * transaction must be given up.
 */
export async function writeSubConfigs(
  tx: Tx,
  caller: Caller,
  owner: Owner,
  given: { body: ReleaseConfigBody; changes: SubConfigChanges },
): Promise<Written> {
  const { changes } = given;
  const written: Written = { body: { ...given.body }, problems: [], told: [], items: [] };
  for (const { part, field, kind } of subConfigs) {
    const change = changes[part];
    if (change === undefined) continue;
    if (change === null || 'configId' in change) {
      written.body[field] = change?.configId ?? null;
      continue;
    }
    const place = { pointer: `/${part}`, part, current: given.body[field] };
    const body = { ...change, name: change.name ?? owner.name };
    const answer = await writeInline(tx, caller, owner, { kind, place, body });
    take(written, answer, `/${field}`);
    written.body[field] = answer.id;
  }
  if (changes.stores !== undefined) await writeStores(tx, caller, owner, { written, stores: changes.stores ?? [], before: given.body });
  return written;
}

async function writeStores(
  tx: Tx,
  caller: Caller,
  owner: Owner,
  { written, stores, before }: { written: Written; stores: NonNullable<SubConfigChanges['stores']>; before: ReleaseConfigBody },
): Promise<void> {
  written.body.stores = [];
  for (const [index, { target, rolloutPlan, storeConfigId, config }] of stores.entries()) {
    if (config === undefined) {
      // The form of the request demands one of the two.
      written.body.stores.push({ target, rolloutPlan, storeConfigId: storeConfigId ?? '' });
      continue;
    }
    const current = before.stores.find((store) => store.target === target)?.storeConfigId ?? null;
    const place = { pointer: `/stores/${index}/config`, part: `stores.${target}`, current };
    const body = { ...config, target, name: config.name ?? owner.name };
    const answer = await writeInline(tx, caller, owner, { kind: storeKind, place, body });
    take(written, answer, `/stores/${index}/storeConfigId`);
    written.body.stores.push({ target, rolloutPlan, storeConfigId: answer.id });
  }
}

function take(written: Written, { problems, items }: Pick<Written, 'problems' | 'items'>, field: string): void {
  written.items.push(...items);
  written.problems.push(...problems);
  if (problems.length > 0) written.told.push(field);
}

interface Inline {
  kind: ConfigKind<ConfigBody>;
  /** Where it is written, and which config stands there now. */
  place: { pointer: string; part: string; current: string | null };
  body: ConfigBody;
}

/** Into the config that the release config has for itself already, unless another names that one too; else into a new one. */
async function writeInline(
  tx: Tx,
  caller: Caller,
  owner: Owner,
  { kind, place, body }: Inline,
): Promise<{ id: string; problems: Problem[]; items: HistoryItem[] }> {
  const { tenantId } = caller;
  const { current, part } = place;
  const problems = await configProblems(tx, kind, tenantId, body);
  if (problems.length > 0) {
    return { id: current ?? '', problems: problems.map((found) => ({ ...found, field: place.pointer + found.field })), items: [] };
  }
  const before = current === null ? null : ((await configContents(tx, kind, tenantId, [current])).get(current) ?? null);
  const inPlace = current !== null && before !== null && (await isItsAlone(tx, tenantId, kind, owner.id, current));
  if (inPlace) await overwriteConfig(tx, kind, { tenantId, id: current }, body);
  const id = inPlace ? current : await insertConfig(tx, kind, { tenantId, ownedBy: owner.id }, body);
  const own = changedItems(inPlace ? before : null, body);
  if (own.length > 0) await writeHistory(tx, [event(caller, id, inPlace ? 'UPDATE' : 'CREATE', own)]);
  return { id, problems: [], items: changedItems(before, body, `${part}.`) };
}

/** Removes the configs of its own that a release config no longer names, as far as no other names them. */
export async function removeAbandoned(
  tx: Tx,
  caller: Caller,
  releaseConfigId: string,
  { before, after }: { before: ReleaseConfigBody; after: ReleaseConfigBody },
): Promise<void> {
  for (const { kind, id } of namedBy(before)) {
    if (namedBy(after).some((other) => other.id === id)) continue;
    if (!(await isItsAlone(tx, caller.tenantId, kind, releaseConfigId, id))) continue;
    const content = (await configContents(tx, kind, caller.tenantId, [id])).get(id) ?? null;
    await removeConfig(tx, kind, caller.tenantId, id);
    await writeHistory(tx, [event(caller, id, 'REMOVE', changedItems(content, null))]);
  }
}

function namedBy(body: ReleaseConfigBody): { kind: ConfigKind<ConfigBody>; id: string }[] {
  const single = subConfigs.flatMap(({ field, kind }) => {
    const id = body[field];
    return id === null ? [] : [{ kind, id }];
  });
  return [...single, ...body.stores.map(({ storeConfigId }) => ({ kind: storeKind, id: storeConfigId }))];
}

/** The lock keeps others from naming it meanwhile: they share-lock what they name. */
async function isItsAlone(tx: Tx, tenantId: string, kind: ConfigKind<ConfigBody>, ownerId: string, id: string): Promise<boolean> {
  const [own] = await tx.rows(`SELECT id FROM ${kind.table} WHERE tenant_id = ? AND id = ? AND owned_by_release_config_id = ? FOR UPDATE`, [
    tenantId,
    id,
    ownerId,
  ]);
  if (own === undefined) return false;
  const [other] = await tx.rows(`SELECT id FROM release_configs WHERE tenant_id = ? AND id <> ? AND ${namesOneOf('body')} LIMIT 1`, [
    ...[tenantId, ownerId, references[kind.category].path],
    JSON.stringify([id]),
  ]);
  return other === undefined;
}

const event = (caller: Caller, id: string, action: HistoryEvent['action'], items: readonly HistoryItem[]): HistoryEvent => ({
  ...{ tenantId: caller.tenantId, scopeId: id, entityType: 'config' as const, entityId: id, action, actor: actorOf(caller) },
  items,
});
