import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { type Checks, type OpsServer, runChecks, startOpsServer } from './ops-server.ts';

let server: OpsServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(path: string, checks: Checks = {}) {
  server = await startOpsServer({ port: 0, host: '127.0.0.1', metrics: createMetrics(), checks });
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
}

describe('startOpsServer', () => {
  it('serves metrics', async () => {
    const { status, type, body } = await ask('/metrics');

    expect(status).toBe(200);
    expect(type).toContain('text/plain');
    expect(body).toContain('signalbox_task_duration_seconds');
  });

  it('is live although a check fails', async () => {
    expect(await ask('/healthz', { database: () => Promise.reject(new Error('down')) })).toMatchObject({ status: 200 });
  });

  it('is ready when every check passes', async () => {
    expect(await ask('/readyz?verbose', { database: async () => undefined })).toMatchObject({
      status: 200,
      body: '{"ok":true,"failed":{}}',
    });
  });

  it('names each failed check when it is not ready', async () => {
    const { status, body } = await ask('/readyz', {
      database: () => Promise.reject(new Error('connection refused')),
      redis: () => {
        throw new Error('not connected');
      },
      disk: async () => undefined,
    });

    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({ ok: false, failed: { database: 'connection refused', redis: 'not connected' } });
  });

  it('answers 404 and 405 elsewhere', async () => {
    expect(await ask('/admin')).toMatchObject({ status: 404 });
    const response = await fetch(`http://127.0.0.1:${server?.port}/metrics`, { method: 'POST' });
    expect(response.status).toBe(405);
  });
});

describe('runChecks', () => {
  it('fails a check that hangs, and waits for the hanging ones side by side', async () => {
    const never = () => new Promise<void>(() => undefined);
    const started = performance.now();

    const report = await runChecks({ a: never, b: never, c: never }, 100);

    expect(report.failed).toEqual({ a: 'no answer within 100 ms', b: 'no answer within 100 ms', c: 'no answer within 100 ms' });
    expect(performance.now() - started).toBeLessThan(290);
  });
});
