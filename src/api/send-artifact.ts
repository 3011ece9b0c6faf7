import { z } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import type { ByteRange } from '../platform/artifact-store.ts';
import type { OpenedArtifact } from '../services/releases/builds/open-artifact.ts';
import { notFound } from '../services/service-error.ts';
import type { AppContext } from './context.ts';
import { problems } from './schemas.ts';

const bytes = { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } };

/** What a route that sends one answers. */
export const artifactContent = {
  200: { description: 'The bytes', content: bytes },
  206: { description: 'The range of bytes that was asked for', content: bytes },
  ...problems(416),
};

/** An artifact as a download, whole or the one range that was asked for (RFC 9110). It is read no faster than its reader takes it. */
export async function sendArtifact(c: AppContext, { name, sizeBytes, digest, open }: OpenedArtifact) {
  const etag = `"${digest}"`;
  const headers = {
    'content-type': 'application/octet-stream',
    // The name is what a CI said: quoted for old clients without what could end the quotes, in full for all others (RFC 6266).
    'content-disposition': `attachment; filename="${name.replaceAll(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    'accept-ranges': 'bytes',
    etag,
  };
  const condition = c.req.header('if-range');
  const range = condition === undefined || condition === etag ? rangeOf(c.req.header('range'), sizeBytes) : null;
  if (range === 'unsatisfiable') throw new HTTPException(416, { message: `bytes */${sizeBytes}` });
  const body = await open(range ?? undefined);
  if (body === null) throw notFound('The artifact');
  // Nobody reads it then, and a file that nobody reads stays open.
  if (c.req.method === 'HEAD') {
    await body.cancel();
    return c.body(null, 200, { ...headers, 'content-length': String(sizeBytes) });
  }
  if (range === null) return c.body(body, 200, { ...headers, 'content-length': String(sizeBytes) });
  return c.body(body, 206, {
    ...headers,
    'content-length': String(range.last + 1 - range.first),
    'content-range': `bytes ${range.first}-${range.last}/${sizeBytes}`,
  });
}

/** Null = all of it: none was asked for, several were, or in a way nobody knows. */
export function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  const end = sizeBytes - 1;
  if (first === '')
    return Number(last) === 0 || sizeBytes === 0 ? 'unsatisfiable' : { first: Math.max(0, sizeBytes - Number(last)), last: end };
  if (last !== '' && Number(last) < Number(first)) return null;
  if (Number(first) > end) return 'unsatisfiable';
  return { first: Number(first), last: last === '' ? end : Math.min(end, Number(last)) };
}
