import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type TokenRow, type TokenView, tokenColumns, tokenView } from './tokens.ts';

export async function listTokens(deps: Pick<ServiceDeps, 'db'>, caller: Caller, request: PageRequest): Promise<Page<TokenView>> {
  authorise(caller, 'token:write');
  const after = afterId(request);
  const rows = await deps.db.rows<TokenRow>(
    `SELECT ${tokenColumns} FROM api_tokens WHERE tenant_id = ? ${after === null ? '' : 'AND id < ?'} ORDER BY id DESC LIMIT ?`,
    after === null ? [caller.tenantId, request.limit + 1] : [caller.tenantId, after, request.limit + 1],
  );
  return pageOf(rows, request.limit, tokenView);
}
