import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { type AllowRule, isAllowed, isPublicAddress } from './address-policy.ts';
import type { Logger } from './logger.ts';
import type { TlsIdentity } from './tls-identity.ts';

/**
 * The process's fetch for addresses that users name (base URLs, webhook targets). It reaches the internet and what the operator allows,
 * nothing else: every resolved address is judged, and the connection is made to exactly the addresses judged, so that a name cannot answer
 * differently the second time it is asked.
 */

type Fetch = typeof globalThis.fetch;
type OutboundInit = RequestInit & { tls?: TlsIdentity };
type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** The URL, an address behind it, or where it redirects to is not to be reached from here. `message` is public. */
export class OutboundRefusedError extends Error {
  override readonly name = 'OutboundRefusedError';
  readonly code = 'OUTBOUND_REFUSED';
}

/** @param target `signal` ends the attempt to connect with its reason */
export type Connect = (target: { host: string; port: number; signal: AbortSignal }) => Promise<Socket>;

interface OutboundOptions {
  allow: readonly AllowRule[];
  logger: Logger;
  /** The system's resolver when absent. */
  resolve?: Resolve;
}

export interface Outbound {
  /**
   * Rejects with `OutboundRefusedError`, else like fetch. Redirects are followed within the origin, for requests that may be repeated
   * there without change in meaning; to another origin they are refused, because credentials would travel along.
   */
  fetch: Fetch;
  /** The same for answers of any size, which the caller reads as they arrive. */
  download: Fetch;
  /** A plain connection for protocols other than HTTP, judged like any other; what happens to it then is the caller's. */
  connect: Connect;
  /** Ends idle and running connections. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Beyond any provider's JSON; stops an endless body. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;
const NO_LIMIT = -1;
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 };

export function createOutboundFetch(options: OutboundOptions): Outbound {
  const { allow, logger } = options;
  const resolve: Resolve = options.resolve ?? ((hostname) => lookup(hostname, { all: true, verbatim: true }));

  function refuse(host: string, why: string): never {
    logger.warn({ host, why }, 'outbound request refused');
    throw new OutboundRefusedError(why);
  }

  function judge(host: string, addresses: readonly string[], port: number): void {
    for (const address of addresses) {
      if (isPublicAddress(address) || isAllowed(allow, host, address, port)) continue;
      // The address itself stays in the log: it would tell a tenant what the operator's network looks like.
      logger.warn({ host, address, port }, 'outbound address is not public');
      refuse(host, `"${host}" leads to a private address; the operator can allow it with OUTBOUND_ALLOW`);
    }
  }

  /** The addresses behind a host, all of them judged. */
  async function judged(host: string, port: number): Promise<{ address: string; family: number }[]> {
    const found = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolve(host);
    judge(
      host,
      found.map((entry) => entry.address),
      port,
    );
    return found;
  }

  async function connect(target: buildConnector.Options, callback: buildConnector.Callback, tls: TlsIdentity = {}): Promise<void> {
    try {
      const found = await judged(unbracket(target.hostname), Number(target.port) || (DEFAULT_PORTS[target.protocol] ?? 0));
      const { authority: ca, certificate: cert, key } = tls;
      const identity = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key: key.reveal() }) };
      buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: pinned(found), ...identity })(target, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    }
  }

  const agentFor = (maxResponseSize: number, tls?: TlsIdentity) =>
    new Agent({
      connect: (target, callback) => void connect(target, callback, tls),
      connections: 64,
      keepAliveTimeout: 10_000,
      maxResponseSize,
    });
  const agent = agentFor(MAX_RESPONSE_BYTES);
  const unlimited = agentFor(NO_LIMIT);

  function checkUrl(url: URL): void {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      refuse(url.host, `only http and https addresses can be used, not ${url.protocol}`);
    if (url.username !== '' || url.password !== '') refuse(url.host, 'an address must not contain a user or password');
    const host = unbracket(url.hostname);
    if (isIP(host)) judge(host, [host], Number(url.port) || (DEFAULT_PORTS[url.protocol] ?? 0));
  }

  async function send(url: URL, { tls, ...init }: OutboundInit, shared: Agent): Promise<Response> {
    checkUrl(url);
    // Connections that were made with one identity must serve no other, so they end with their call.
    const dispatcher = tls === undefined ? shared : agentFor(MAX_RESPONSE_BYTES, tls);
    try {
      // The package's own fetch and the runtime's have the same shapes, declared twice: the runtime's cannot use this version's Agent.
      const request = { ...init, redirect: 'manual', dispatcher } as unknown as Parameters<typeof undiciFetch>[1];
      return (await undiciFetch(url.href, request)) as unknown as Response;
    } catch (error) {
      throw refusalIn(error) ?? error;
    } finally {
      // Waits for the answer's body and is not waited for.
      if (dispatcher !== shared) dispatcher.close().catch(() => undefined);
    }
  }

  /** Where a redirect leads, if it may be followed. */
  function redirectTarget(url: URL, location: string, init: RequestInit, status: number): URL {
    if (init.redirect === 'error') refuse(url.host, `"${url.host}" answered with a redirect where none is expected`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    if (next === null) refuse(url.host, `"${url.host}" redirects to no valid address`);
    if (next.origin !== url.origin) refuse(url.host, `"${url.host}" redirects to ${next.origin}; use that address if it is meant`);
    if (!isRepeatable(init, status)) refuse(url.host, `"${url.host}" redirected a request that cannot be repeated elsewhere`);
    return next;
  }

  const through =
    (dispatcher: Agent): Fetch =>
    async (input, init) => {
      const request = await unpack(input, init);
      let { url } = request;
      for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
        const response = await send(url, request.init, dispatcher);
        const location = response.headers.get('location');
        if (request.init.redirect === 'manual' || location === null || !REDIRECTS.has(response.status)) return response;
        await response.body?.cancel();
        url = redirectTarget(url, location, request.init, response.status);
      }
      return refuse(url.host, `"${url.host}" redirects in circles`);
    };

  return {
    fetch: through(agent),
    download: through(unlimited),
    async connect({ host, port, signal }) {
      const found = await judged(unbracket(host), port);
      signal.throwIfAborted();
      return openSocket(connectTcp({ host: unbracket(host), port, lookup: pinned(found), autoSelectFamily: true }), signal);
    },
    close: async () => void (await Promise.all([agent.destroy(), unlimited.destroy()])),
  };
}

/** Once it is connected; until then the signal ends it. */
function openSocket(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason);
    const settle = (done: () => void) => () => {
      signal.removeEventListener('abort', abort);
      done();
    };
    signal.addEventListener('abort', abort, { once: true });
    const fail = (error: Error) => settle(() => reject(error))();
    socket.once('error', fail);
    socket.once(
      'connect',
      settle(() => {
        socket.off('error', fail);
        resolve(socket);
      }),
    );
  });
}

/** Looks like DNS to the socket and answers with the judged addresses only. */
function pinned(found: { address: string; family: number }[]): LookupFunction {
  return (hostname, options, callback) => {
    const fitting = found.filter((entry) => !options.family || Number(String(options.family).replace('IPv', '')) === entry.family);
    const [first] = fitting;
    if (first === undefined) return callback(Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' }), '', 4);
    return options.all ? callback(null, fitting) : callback(null, first.address, first.family);
  };
}

/** A runtime `Request` is foreign to the package's fetch, so it is taken apart. */
async function unpack(input: Parameters<Fetch>[0], init: RequestInit = {}): Promise<{ url: URL; init: RequestInit }> {
  if (!(input instanceof Request))
    return { url: parseUrl(String(input)), init: init.body instanceof FormData ? await encoded(init, init.body) : init };
  const { method, headers, signal, redirect } = input;
  const body = input.body === null ? undefined : await input.arrayBuffer();
  return { url: parseUrl(input.url), init: { method, headers, signal, redirect, ...(body === undefined ? {} : { body }), ...init } };
}

/** The runtime's forms are none to the package's own fetch, which would send their name. */
async function encoded(init: RequestInit, form: FormData): Promise<RequestInit> {
  const carrier = new Response(form);
  const headers = new Headers(init.headers);
  headers.set('content-type', carrier.headers.get('content-type') ?? '');
  return { ...init, headers, body: await carrier.arrayBuffer() };
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new OutboundRefusedError('the address is not a valid URL');
  return new URL(text);
}

/** 307 and 308 repeat the request as it is, which needs a body that can be sent twice; the others mean a GET. */
function isRepeatable(init: RequestInit, status: number): boolean {
  const method = (init.method ?? 'GET').toUpperCase();
  if (method === 'GET' || method === 'HEAD') return true;
  return (status === 307 || status === 308) && !(init.body instanceof ReadableStream);
}

function refusalIn(error: unknown): OutboundRefusedError | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof OutboundRefusedError) return cause;
  }
  return null;
}

function unbracket(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
