import type { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { gitlabError, isAbsent, trouble } from './gitlab-error.ts';
import type { GitlabConnection } from './identity.ts';
import { gitbeakerTransport } from './transport.ts';

export interface Answer<T> {
  data: T;
  /** Empty for lists: gitbeaker keeps of theirs only where the next page is. */
  headers: Headers;
  hasNext: boolean;
}

/** What every resource of gitbeaker answers when asked for more than the body. */
export const EXPANDED = { showExpanded: true } as const;

export const PAGE_SIZE = 100;

export const paged = (page: number) => ({ ...EXPANDED, page, perPage: PAGE_SIZE });

/** Gitbeaker's resources, and how to call them, bound to one project. */
export type Gitbeaker = ReturnType<typeof gitbeaker>;

export function gitbeaker(connection: GitlabConnection, deps: AdapterDeps) {
  const options = {
    host: connection.baseUrl,
    token: connection.credentials.token.reveal(),
    // The guarded fetch has its own time-out.
    queryTimeout: 0,
    requesterFn: gitbeakerTransport(deps.fetch),
  };
  return { options, call: caller(connection, deps), project: connection.settings.project };
}

type Call = <T>(operation: string, request: Promise<unknown>, schema: z.ZodType<T>) => Promise<Answer<T>>;

/** Waits for a resource's answer, names trouble, and reads the body by a schema. */
function caller(connection: GitlabConnection, deps: AdapterDeps): Call {
  const redact = (text: string) => text.replaceAll(connection.credentials.token.reveal(), '[redacted]');
  return async <T>(operation: string, request: Promise<unknown>, schema: z.ZodType<T>) => {
    const expanded = await request.catch((error: unknown) => {
      throw gitlabError(error, operation, deps.now(), redact);
    });
    // The shape is gitbeaker's own (`showExpanded`), not GitLab's.
    const { data, headers, paginationInfo } = expanded as {
      data: unknown;
      headers?: Record<string, string>;
      paginationInfo?: { next: number | null };
    };
    const parsed = schema.safeParse(data);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      const why = typeof data === 'string' ? 'the body is not JSON' : `unexpected shape at ${where.slice(0, 500)}`;
      throw trouble('malformed', `${operation} was answered, but ${why}`);
    }
    return { data: parsed.data, headers: new Headers(headers), hasNext: Boolean(paginationInfo?.next) };
  };
}

export async function data<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await answer).data;
}

/** `null`: there is no such thing. A project that is absent or invisible is an error. */
export async function maybe<T>(answer: Promise<Answer<T>>): Promise<T | null> {
  try {
    return (await answer).data;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
