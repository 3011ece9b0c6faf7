import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type ChatIdentityRow, type ChatIdentityView, identitiesOf, identityView, SELECT_IDENTITIES } from './chat-identity.ts';

/** Everybody may know who they are. */
export const listOwnChatIdentities = (deps: Pick<ServiceDeps, 'db'>, caller: Caller): Promise<ChatIdentityView[]> =>
  identitiesOf(deps.db, caller);

/** Of every member, newest first. */
export async function listChatIdentities(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  request: PageRequest,
): Promise<Page<ChatIdentityView>> {
  authorise(caller, 'member:write');
  const after = afterId(request);
  const rows = await deps.db.rows<ChatIdentityRow>(
    `${SELECT_IDENTITIES} ${after === null ? '' : 'AND c.id < ?'} ORDER BY c.id DESC LIMIT ?`,
    [caller.tenantId, ...(after === null ? [] : [after]), request.limit + 1],
  );
  return pageOf(rows, request.limit, identityView);
}
