import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';

/** The provider's id, its forms, and what a route's config is. */

export const PROVIDER = 'haproxy';

export const credentialsSchema = z.strictObject({}).meta({ title: 'No sign-in: the runtime API knows none' });

export const settingsSchema = z.strictObject({});

export type HaproxyConnection = Connection<z.output<typeof credentialsSchema>, z.output<typeof settingsSchema>>;

/** What the base URL leads to. A path is below the tenant's own directory on this machine. */
export type Address = { path: string } | { host: string; port: number };

/** null where the base URL names neither a socket nor a port. */
export function addressOf(baseUrl: string): Address | null {
  const url = new URL(baseUrl);
  if (url.protocol === 'unix:') {
    const path = decodeURIComponent(url.pathname).replace(/^\/+/, '');
    return url.hostname === 'localhost' && path !== '' ? { path } : null;
  }
  // Hosts of schemes that browsers do not know are not put into their usual form; those of `http` are.
  const { hostname } = new URL(baseUrl.replace(/^tcp:/, 'http:'));
  return url.port === '' ? null : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}

/** What HAProxy takes as a name; nothing that ends a command (`;`, blanks) or names something else (`/`, `#`). */
const name = z
  .string()
  .max(80)
  .regex(/^[A-Za-z0-9_.:-]+$/, 'must be letters, digits and _ . : - only');
const side = z.array(name).min(1).max(64);

export const routeSchema = z
  .strictObject({
    backend: name.meta({ description: 'The backend, as haproxy.cfg names it' }),
    servers: z.strictObject({ blue: side, green: side }).meta({ description: 'Names of its servers, by side' }),
  })
  .superRefine(({ servers }, context) => {
    const all = [...servers.blue, ...servers.green];
    if (new Set(all).size === all.length) return;
    context.addIssue({ code: 'custom', path: ['servers'], message: 'must name each server once: it is of one side only' });
  });
export type HaproxyRoute = z.output<typeof routeSchema>;
