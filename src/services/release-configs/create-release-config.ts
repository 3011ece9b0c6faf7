import { ulid } from 'ulid';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { demandUsable } from './demand-references.ts';
import { type ReleaseConfigInput, type ReleaseConfigView, releaseConfigView } from './release-config-view.ts';

export async function createReleaseConfig(deps: ServiceDeps, caller: Caller, input: ReleaseConfigInput): Promise<ReleaseConfigView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  const { name, ...body } = input;
  return deps.db.transact(async (tx) => {
    await demandUsable(tx, tenantId, body);
    const id = ulid();
    await tx.run('INSERT INTO release_configs (id, tenant_id, name, body, created_by_account_id) VALUES (?, ?, ?, ?, ?)', [
      id,
      tenantId,
      name,
      JSON.stringify(body),
      caller.accountId,
    ]);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'CREATE',
        actor: actorOf(caller),
        items: [{ field: 'body', before: null, after: JSON.stringify(input) }],
      },
    ]);
    const view = await releaseConfigView(tx, tenantId, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}
