import { can, roles } from '../../domain/access/permissions.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { isoOrNull } from './instant.ts';

/** A connection that keeps a task from going on, and who can do something about it. */
export interface BrokenConnection {
  category: string;
  id: string;
  displayName: string;
  verificationStatus: string;
  /** What its provider said when it was last asked. */
  error: string | null;
  /** Since when it has not worked; null while it still counts as working. */
  since: string | null;
  /** Roles that may mend it. */
  roles: string[];
  /** The first few people with such a role. */
  people: string[];
  /** Method and path of the request that mends it. */
  request: string;
}

const PEOPLE = 5;
export const WORKING: readonly string[] = ['VALID', 'PENDING'];
const menders = roles.filter((role) => can(role, 'integration:write'));

interface ConnectionFact {
  id: string;
  category: Category;
  displayName: string;
  status: string;
  error: string | null;
  since: Date | null;
}

export function brokenConnection(
  tenantId: string,
  { id, category, displayName, status, error, since }: ConnectionFact,
  people: readonly { name: string; role: string }[],
): BrokenConnection {
  return {
    ...{ category, id, displayName, verificationStatus: status, error, roles: menders },
    since: WORKING.includes(status) ? null : isoOrNull(since),
    people: people
      .filter(({ role }) => menders.some((mender) => mender === role))
      .map(({ name }) => name)
      .slice(0, PEOPLE),
    request: `PATCH /api/v1/tenants/${tenantId}/integrations/${category}/${id}`,
  };
}
