import type { z } from 'zod';
import type { Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { findProvider, providersOf } from '../../integrations/registry.ts';
import { issueText, valueAt } from '../../platform/issue-text.ts';
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
    const known = providersOf(category).map((one) => one.id);
    throw invalid([{ field: '/provider', message: `is not a provider of ${category}; there are ${known.join(', ')}` }]);
  }
  return provider;
}

/** Judges all three parts at once. @throws ServiceError invalid, naming every wrong field */
export function parseConnection(provider: Provider, id: string, form: ConnectionForm): Connection {
  const problems: Problem[] = [];
  const baseUrl = form.baseUrl ?? provider.defaultBaseUrl;
  if (baseUrl === null) problems.push({ field: '/baseUrl', message: `is needed: ${provider.displayName} has no address of its own` });
  else problems.push(...baseUrlProblems(baseUrl, provider.baseUrlSchemes ?? ['http', 'https']));
  const credentials = provider.credentials.safeParse(form.credentials);
  if (!credentials.success) problems.push(...problemsAt('/credentials', credentials.error, form.credentials));
  const settings = provider.settings.safeParse(form.settings);
  if (!settings.success) problems.push(...problemsAt('/settings', settings.error, form.settings));
  if (problems.length > 0 || baseUrl === null || !credentials.success || !settings.success) throw invalid(problems);
  return { id, baseUrl: baseUrl.replace(/\/+$/, ''), credentials: credentials.data, settings: settings.data };
}

type Issue = z.ZodError['issues'][number];

function problemsAt(root: string, error: Pick<z.ZodError, 'issues'>, value: unknown): Problem[] {
  return error.issues.flatMap((issue) => {
    const field = `${root}${issue.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`;
    // A union that is told apart by a field says nothing of its members when that field is wrong.
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ field, message: issueText(issue, value) }];
    return unionProblems(field, issue.errors, valueAt(value, issue.path));
  });
}

/** Of several ways to sign in, told apart by `kind`: what is wrong with the one that was meant, not with all of them. */
function unionProblems(field: string, ways: readonly (readonly Issue[])[], value: unknown): Problem[] {
  const meant = ways.filter((issues) => !issues.some(isAboutKind)).sort((a, b) => a.length - b.length)[0];
  if (meant !== undefined) return problemsAt(field, { issues: [...meant] }, value);
  const kinds = ways.flat().flatMap((issue) => (issue.code === 'invalid_value' && issue.path[0] === 'kind' ? issue.values : []));
  return [
    {
      field: `${field}/kind`,
      message: `must be ${kinds.map((kind) => JSON.stringify(kind)).join(' or ')}, or left out where there is a default`,
    },
  ];
}

const isAboutKind = (issue: Issue) =>
  issue.path[0] === 'kind' || (issue.code === 'unrecognized_keys' && issue.path.length === 0 && issue.keys.includes('kind'));

function baseUrlProblems(text: string, schemes: readonly string[]): Problem[] {
  const wrong = (message: string): Problem[] => [{ field: '/baseUrl', message }];
  const noAddress = `must be an ${schemes.join(' or ')} address`;
  if (text.length > 1024 || !URL.canParse(text)) return wrong(noAddress);
  const url = new URL(text);
  if (!schemes.includes(url.protocol.slice(0, -1)) || url.hostname === '') return wrong(noAddress);
  if (url.username !== '' || url.password !== '') return wrong('must not contain a user or password: they belong into the credentials');
  if (url.search !== '' || url.hash !== '') return wrong('must not contain a query or fragment');
  return [];
}
