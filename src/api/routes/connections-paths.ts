import { z } from '@hono/zod-openapi';
import { categories } from '../../integrations/kit/define-provider.ts';
import { idSchema, tenantParams } from '../schemas.ts';

export const connectionsPath = '/api/v1/tenants/{tenantId}/integrations/{category}';
export const connectionsParams = tenantParams.extend({ category: z.enum(categories) });

export const connectionPath = `${connectionsPath}/{integrationId}` as const;
export const connectionParams = connectionsParams.extend({ integrationId: idSchema });
