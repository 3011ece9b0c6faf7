import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type MemberView, membersAfter } from './members.ts';

/** Every member may see who the others are: they show up in histories anyway. */
export async function listMembers(deps: Pick<ServiceDeps, 'db'>, caller: Caller, request: PageRequest): Promise<Page<MemberView>> {
  authorise(caller, 'release:read');
  const members = await membersAfter(deps.db, caller.tenantId, afterId(request), request.limit + 1);
  const rows = members.map((member) => ({ id: member.accountId, member }));
  return pageOf(rows, request.limit, (row) => row.member);
}
