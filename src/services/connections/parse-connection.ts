import type { z } from 'zod';
import type { Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { findProvider } from '../../integrations/registry.ts';
import { invalid, type Problem } from '../service-error.ts';

/** What a person enters, before the provider's own forms have judged it. */
export interface ConnectionForm {
  baseUrl?: string | undefined;
  credentials: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** @throws ServiceError invalid when there is no such provider for the category */
export function providerFor(category: Category, id: string): Provider {
  const provider = findProvider(id);
  if (provider === null || !provider.categories.includes(category)) {
    throw invalid([{ field: '/provider', message: `is not a provider of ${category}` }]);
  }
  return provider;
}

/** Judges all three parts at once. @throws ServiceError invalid, naming every wrong field */
export function parseConnection(provider: Provider, id: string, form: ConnectionForm): Connection {
  const problems: Problem[] = [];
  const baseUrl = form.baseUrl ?? provider.defaultBaseUrl;
  if (baseUrl === null) problems.push({ field: '/baseUrl', message: `is needed: ${provider.displayName} has no address of its own` });
  else problems.push(...baseUrlProblems(baseUrl));
  const credentials = provider.credentials.safeParse(form.credentials);
  if (!credentials.success) problems.push(...problemsAt('/credentials', credentials.error));
  const settings = provider.settings.safeParse(form.settings);
  if (!settings.success) problems.push(...problemsAt('/settings', settings.error));
  if (problems.length > 0 || baseUrl === null || !credentials.success || !settings.success) throw invalid(problems);
  return { id, baseUrl: baseUrl.replace(/\/+$/, ''), credentials: credentials.data, settings: settings.data };
}

function problemsAt(root: string, error: z.ZodError): Problem[] {
  return error.issues.map((issue) => ({
    field: `${root}${issue.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
    message: issue.message,
  }));
}

function baseUrlProblems(text: string): Problem[] {
  const wrong = (message: string): Problem[] => [{ field: '/baseUrl', message }];
  if (text.length > 1024 || !URL.canParse(text)) return wrong('must be an http or https address');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return wrong('must be an http or https address');
  if (url.username !== '' || url.password !== '') return wrong('must not contain a user or password: they belong into the credentials');
  if (url.search !== '' || url.hash !== '') return wrong('must not contain a query or fragment');
  return [];
}
