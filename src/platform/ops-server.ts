import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** Each throws when what it names cannot be used now; the message is shown to whoever asks. */
export type Checks = Readonly<Record<string, () => Promise<void>>>;

export interface CheckReport {
  ok: boolean;
  /** By name of the failed check: why. */
  failed: Record<string, string>;
}

const CHECK_TIMEOUT_MS = 2000;

/** Runs all checks side by side, each bounded in time: a dependency that hangs is a failed check, not a hanging probe. */
export async function runChecks(checks: Checks, timeoutMs = CHECK_TIMEOUT_MS): Promise<CheckReport> {
  const failed: Record<string, string> = {};
  const runs = Object.entries(checks).map(async ([name, check]) => {
    const reason = await withinTime(check, timeoutMs);
    if (reason !== null) failed[name] = reason;
  });
  await Promise.all(runs);
  return { ok: Object.keys(failed).length === 0, failed };
}

function withinTime(check: () => Promise<void>, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
    const settle = (reason: string | null) => {
      clearTimeout(timer);
      resolve(reason);
    };
    new Promise<void>((start) => start(check())).then(
      () => settle(null),
      (error: unknown) => settle(error instanceof Error ? error.message : 'failed'),
    );
  });
}

interface OpsServerOptions {
  /** 0 = a free one. */
  port: number;
  host: string;
  metrics: Pick<Metrics, 'render'>;
  checks: Checks;
}

export interface OpsServer {
  port: number;
  close(): Promise<void>;
}

/** Metrics and health of the processes that serve no API: `/metrics`, `/healthz` (the process runs), `/readyz` (it can do its work). */
export async function startOpsServer({ port, host, metrics, checks }: OpsServerOptions): Promise<OpsServer> {
  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === '/healthz') return send(response, 200, 'application/json', '{"ok":true}');
    if (path === '/readyz') {
      const report = await runChecks(checks);
      return send(response, report.ok ? 200 : 503, 'application/json', JSON.stringify(report));
    }
    if (path === '/metrics') {
      const { contentType, body } = await metrics.render();
      return send(response, 200, contentType, body);
    }
    send(response, 404, 'application/json', '{"error":"not found"}');
  }

  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'application/json', '{"error":"GET only"}');
    const [path = ''] = (request.url ?? '').split('?');
    answer(path, response).catch(() => send(response, 500, 'application/json', '{"error":"internal"}'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}
