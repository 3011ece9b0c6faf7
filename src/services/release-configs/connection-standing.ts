import type { Category } from '../../integrations/kit/define-provider.ts';
import type { VerificationStatus } from '../connections/connection-view.ts';
import type { Problem } from '../service-error.ts';

/** What keeps a release config from being written, and what a person should know of one that is written all the same. */
export interface Usability {
  problems: Problem[];
  warnings: Problem[];
}

export const together = (parts: readonly Usability[]): Usability => ({
  problems: parts.flatMap(({ problems }) => problems),
  warnings: parts.flatMap(({ warnings }) => warnings),
});

export interface NamedConnection {
  integrationId: string;
  displayName: string;
  status: VerificationStatus;
}

/** SQL: of the connection `i`. */
export const NAMED_CONNECTION = 'i.id AS integrationId, i.display_name AS displayName, i.verification_status AS status';

/** Where in the release config a connection is named, and what to say when it is not there. */
interface Place {
  tenantId: string;
  category: Category;
  field: string;
  missing: string;
}

/** What the verification of a connection means for the config that names it. */
export function standing(connection: NamedConnection | undefined, { tenantId, category, field, missing }: Place): Usability {
  if (connection === undefined) return { problems: [{ field, message: missing }], warnings: [] };
  const { integrationId, displayName, status } = connection;
  const path = `/api/v1/tenants/${tenantId}/integrations/${category}/${integrationId}`;
  switch (status) {
    case 'VALID':
      return { problems: [], warnings: [] };
    case 'PENDING': {
      const message = `uses the integration "${displayName}", which has not been verified yet: POST ${path}/verify does so`;
      return { problems: [], warnings: [{ field, message }] };
    }
    case 'INVALID':
    case 'EXPIRED': {
      const message = `uses the integration "${displayName}", which is ${status}: renew its credentials with PATCH ${path}`;
      return { problems: [{ field, message }], warnings: [] };
    }
  }
}
