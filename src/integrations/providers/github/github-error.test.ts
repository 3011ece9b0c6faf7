import { describe, expect, it } from 'vitest';
import { guardedDeps } from '../../../../test/contracts/adapter-harness.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { githubClient } from './client.ts';
import { alreadyExists } from './github-error.ts';
import { credentialsSchema } from './identity.ts';
import { eachItem } from './pages.ts';

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ0123456';
const now = new Date('2026-11-21T12:00:00Z');

/** The client over an answer made here. */
function clientAnswering(answer: () => Response) {
  const connection = {
    id: 'c-1',
    baseUrl: 'https://api.github.test',
    credentials: credentialsSchema.parse({ token: TOKEN }),
    settings: { owner: 'acme', repo: 'app' },
  };
  return githubClient(connection, { ...guardedDeps('github', []), now: () => now, fetch: async () => answer() });
}

async function refusalOf(status: number, body: unknown, headers: Record<string, string> = {}): Promise<unknown> {
  const client = clientAnswering(() => new Response(JSON.stringify(body), { status, headers }));
  return client.repository().catch((error: unknown) => error);
}

describe('a refusal of GitHub', () => {
  it('is told in its own words, with the list of errors, on one line', async () => {
    const error = await refusalOf(422, {
      message: 'Validation Failed',
      errors: [{ resource: 'Release', code: 'already_exists', field: 'tag_name' }, { message: 'is\nodd' }],
      documentation_url: 'https://docs.github.com/rest',
    });

    expect(error).toMatchObject({
      kind: 'invalid',
      message: 'github: read the repository answered 422: Validation Failed; tag_name already_exists; is odd',
    });
    expect(alreadyExists(error)).toBe(true);
  });

  it('without the primary limit left waits for its reset', async () => {
    const reset = String(now.getTime() / 1000 + 90);

    const error = await refusalOf(
      403,
      { message: 'API rate limit exceeded' },
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    );

    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 90_000 });
  });

  it('by a secondary limit that names no time waits a minute', async () => {
    const error = await refusalOf(403, { message: 'You have exceeded a secondary rate limit.' }, { 'x-ratelimit-remaining': '4000' });

    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 60_000 });
  });

  it('never repeats our token, even when GitHub does', async () => {
    const error = await refusalOf(400, { message: `odd header: token ${TOKEN}` });

    expect(error).toMatchObject({ kind: 'invalid', message: 'github: read the repository answered 400: odd header: token [redacted]' });
  });

  it('is still one where its body is a web page', async () => {
    const client = clientAnswering(() => new Response('<html>', { status: 403, headers: { 'content-type': 'text/html' } }));

    await expect(client.repository()).rejects.toMatchObject({ kind: 'forbidden', message: 'github: read the repository answered 403' });
  });
});

describe('an answer that is not what it should be', () => {
  it('is malformed, naming the fields', async () => {
    const client = clientAnswering(() => Response.json({ full_name: 'acme/app', private: 'yes', archived: false }));

    await expect(client.repository()).rejects.toMatchObject({
      kind: 'malformed',
      message: 'github: read the repository answered 200, but unexpected shape at private, default_branch',
    });
  });

  it('is a configuration error when the repository has moved', async () => {
    const client = clientAnswering(
      () => new Response(null, { status: 301, headers: { location: 'https://api.github.test/repositories/1' } }),
    );

    await expect(client.repository()).rejects.toMatchObject({ kind: 'invalid', message: expect.stringMatching(/moved or been renamed/) });
  });

  it('is malformed when a list never ends', async () => {
    const client = clientAnswering(() => Response.json({ workflows: [] }, { headers: { link: '<https://x/?page=2>; rel="next"' } }));

    const reading = eachItem(
      (page) => client.workflows(page),
      (data) => data.workflows,
    ).next();

    await expect(reading).rejects.toMatchObject({ kind: 'malformed' });
  });
});

describe('what the guarded fetch throws', () => {
  it.each([
    ['a provider error', new ProviderError('timeout', 'late', { provider: 'github' })],
    ['an abort error', new DOMException('gone', 'AbortError')],
    ['any reason', 'shutdown'],
  ])('%s comes out as it is', async (_what, thrown) => {
    const client = clientAnswering(() => {
      throw thrown;
    });

    const error = await client.repository().catch((reason: unknown) => reason);

    expect(error).toBe(thrown);
  });

  it('a name that would walk up the path never reaches it', async () => {
    const client = clientAnswering(() => {
      throw new Error('called');
    });

    await expect(client.workflow('..')).rejects.toMatchObject({ kind: 'invalid' });
  });
});
