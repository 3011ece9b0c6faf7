import { z } from 'zod';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { providersOf } from '../../integrations/registry.ts';
import { authorise, type Caller } from '../context.ts';

/** What a form for a new connection needs to know. Schemas only, never a value. */
export interface ProviderForm {
  id: string;
  displayName: string;
  categories: string[];
  /** `null`: the user must give one. */
  defaultBaseUrl: string | null;
  hasWebhook: boolean;
  /** JSON Schema (2020-12). Secret fields have `format: password` and `writeOnly`. */
  credentials: Record<string, unknown>;
  /** JSON Schema (2020-12). */
  settings: Record<string, unknown>;
}

export function listProviderForms(caller: Caller, category: Category): ProviderForm[] {
  authorise(caller, 'integration:read');
  return providersOf(category).map((provider) => ({
    id: provider.id,
    displayName: provider.displayName,
    categories: [...provider.categories],
    defaultBaseUrl: provider.defaultBaseUrl,
    hasWebhook: provider.webhook !== undefined,
    credentials: jsonSchema(provider.credentials),
    settings: jsonSchema(provider.settings),
  }));
}

const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
