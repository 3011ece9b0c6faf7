import { randomBytes } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';

export type Right = 'read' | 'build' | 'cancel';

export interface JenkinsSecurity {
  /** API token by user. */
  tokens: Record<string, string>;
  /** A proxy in front that says who somebody is, once it knows this header. */
  proxy: { header: string; value: string; user: string } | null;
  /** `off`: no CSRF protection. `sessions`: API tokens need no crumb (since 2.96). `all`: everybody needs one. */
  crumbs: 'off' | 'sessions' | 'all';
  anonymousRead: boolean;
  rights: Set<Right>;
}

const html = { 'content-type': 'text/html;charset=utf-8' };
const permissions: Record<Right, string> = {
  read: 'hudson.model.Hudson.Read',
  build: 'hudson.model.Item.Build',
  cancel: 'hudson.model.Item.Cancel',
};

/** Who somebody is, what they may, and whether their writes carry a crumb. */
export class Gatekeeper {
  readonly security: JenkinsSecurity;
  /** Crumb by session. */
  readonly #crumbs = new Map<string, string>();

  constructor(security: JenkinsSecurity) {
    this.security = security;
  }

  /** `null`: the credentials are wrong. */
  who(request: FakeRequest): string | null {
    const { proxy, tokens } = this.security;
    if (proxy && request.headers[proxy.header.toLowerCase()] === proxy.value) return proxy.user;
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (basic === undefined) return 'anonymous';
    const [user = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    return tokens[user] === rest.join(':') ? user : null;
  }

  /** An answer ends the request. */
  admit(request: FakeRequest): FakeAnswer | undefined {
    const user = this.who(request);
    if (user === null) return { status: 401, body: '<html><body>Invalid password/token for user</body></html>', headers: html };
    if (request.method === 'POST' && this.#wantsCrumb(request) && !this.#hasCrumb(request)) return noValidCrumb(request);
    if (request.path === '/whoAmI/api/json' || (user === 'anonymous' && this.security.anonymousRead && request.method === 'GET'))
      return undefined;
    return user === 'anonymous' ? loginPage(request) : this.lacking('read', user);
  }

  lacking(right: Right, user: string): FakeAnswer | undefined {
    if (this.security.rights.has(right)) return undefined;
    const headers = { ...html, 'x-you-are-authenticated-as': user, 'x-required-permission': permissions[right] };
    return { status: 403, body: `<html><body>${user} is missing the ${permissions[right]} permission</body></html>`, headers };
  }

  /** A crumb for the session of the request, which is a new one when it names none. */
  issue(request: FakeRequest): FakeAnswer {
    if (this.security.crumbs === 'off') return { status: 404, body: '<html><body>Not found</body></html>', headers: html };
    const known = sessionOf(request);
    const session = known !== null && this.#crumbs.has(known) ? known : `node0${randomBytes(8).toString('hex')}.node0`;
    const crumb = this.#crumbs.get(session) ?? randomBytes(32).toString('hex');
    this.#crumbs.set(session, crumb);
    return {
      status: 200,
      body: { _class: 'hudson.security.csrf.DefaultCrumbIssuer', crumb, crumbRequestField: 'Jenkins-Crumb' },
      headers: { 'set-cookie': `JSESSIONID.4f2a9c1e=${session};Path=/;HttpOnly` },
    };
  }

  /** Jenkins restarts or ends its sessions. */
  forgetCrumbs(): void {
    this.#crumbs.clear();
  }

  #wantsCrumb(request: FakeRequest): boolean {
    const { crumbs } = this.security;
    return crumbs === 'all' || (crumbs === 'sessions' && request.headers.authorization === undefined);
  }

  #hasCrumb(request: FakeRequest): boolean {
    const session = sessionOf(request);
    return session !== null && this.#crumbs.get(session) === (request.headers['jenkins-crumb'] ?? '');
  }
}

function sessionOf(request: FakeRequest): string | null {
  return /JSESSIONID\.\w+=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
}

/** Jetty writes errors as JSON to whoever asks for it. */
function noValidCrumb(request: FakeRequest): FakeAnswer {
  const message = 'No valid crumb was included in the request';
  return { status: 403, body: { servlet: 'Stapler', message, url: request.path, status: '403' } };
}

function loginPage(request: FakeRequest): FakeAnswer {
  const to = `/login?from=${encodeURIComponent(request.path)}`;
  const body = `<html><head><meta http-equiv='refresh' content='1;url=${to}'/></head><body>Authentication required</body></html>`;
  return {
    status: 403,
    body,
    headers: { ...html, 'x-you-are-authenticated-as': 'anonymous', 'x-required-permission': 'hudson.model.Hudson.Read' },
  };
}
