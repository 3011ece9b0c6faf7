import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { githubCi } from '../../../src/integrations/providers/github/ci.ts';
import { githubSourceControl } from '../../../src/integrations/providers/github/source-control.ts';
import { githubWebhook } from '../../../src/integrations/providers/github/webhook.ts';
import { githubWebhookRegistrar } from '../../../src/integrations/providers/github/webhook-registrar.ts';
import { all } from '../../contracts/adapter-harness.ts';
import { type GithubSetup, githubSetup } from '../../contracts/github-harness.ts';

describe('the fake GitHub', () => {
  let setup: GithubSetup;
  let workflowId: string;

  beforeEach(async () => {
    setup = await githubSetup();
    const workflow = setup.repository.addWorkflow({ name: 'Build', path: '.github/workflows/build.yml', content: 'on: workflow_dispatch' });
    workflowId = String(workflow.id);
  });

  afterEach(() => setup.fake.close());

  const ci = () => githubCi(setup.connection, setup.deps());
  const registrar = () => githubWebhookRegistrar(setup.connection, setup.deps());
  const start = async () => {
    const { handle } = await ci().dispatch({ workflowId, ref: 'main', inputs: {}, correlationId: 'sb-1' });
    return handle ?? '';
  };
  const state = async (handle: string) => (await ci().run(handle))?.state;

  it('carries runs to success by itself, the artifact showing later', async () => {
    setup.fake.world.autoComplete({ startAfterMs: 5, completeAfterMs: 5, artifactAfterMs: 1_500, artifactNames: () => ['app.aab'] });

    const handle = await start();

    await vi.waitFor(async () => expect(await state(handle)).toEqual({ kind: 'succeeded' }), 10_000);
    expect(await all(ci().artifacts(handle))).toEqual([]);
    await vi.waitFor(async () => expect((await all(ci().artifacts(handle))).map((artifact) => artifact.name)).toEqual(['app.aab']), 10_000);
  });

  it('fails as many runs as asked, and a repeated one passes', async () => {
    setup.fake.world.autoComplete({ startAfterMs: 0, completeAfterMs: 5 });
    setup.fake.world.failRuns({ workflow: 'build.yml', times: 1 });
    const handle = await start();
    await vi.waitFor(async () => expect(await state(handle)).toEqual({ kind: 'failed', raw: 'failure' }), 10_000);

    await ci().rerunFailed(handle);

    await vi.waitFor(async () => expect(await ci().run(handle)).toMatchObject({ attempt: 2, state: { kind: 'succeeded' } }), 10_000);
  });

  it('keeps a cancelled run cancelled', async () => {
    setup.fake.world.autoComplete({ startAfterMs: 0, completeAfterMs: 1_500 });
    const handle = await start();
    await ci().cancel(handle);

    const next = await start();

    await vi.waitFor(async () => expect(await state(next)).toEqual({ kind: 'succeeded' }), 10_000);
    expect(await state(handle)).toEqual({ kind: 'cancelled', raw: 'cancelled' });
  });

  it.each([
    ['to the target of the world', (url: string) => void Object.assign(setup.fake.world, { webhookTarget: { url, secret: 'whsec' } })],
    ['to a hook that was registered', (url: string) => registrar().ensureHook({ url, secret: 'whsec' })],
  ])('sends signed webhooks that the adapter accepts: %s', async (_where, listenAt) => {
    const verdicts: unknown[] = [];
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const delivery = { headers: request.headers as Record<string, string>, rawBody: Buffer.concat(chunks) };
      verdicts.push({
        verified: githubWebhook.verify(delivery, 'whsec'),
        keys: githubWebhook.parse(delivery).hints.map((hint) => hint.key),
      });
      response.writeHead(202).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await listenAt(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
    setup.fake.world.autoComplete(true);

    const handle = await start();

    await vi.waitFor(() => expect(setup.fake.world.sentWebhooks.map((sent) => sent.status)).toEqual([202, 202, 202]), 10_000);
    expect(verdicts).toEqual(Array(3).fill({ verified: true, keys: [`ci-run:${handle}`] }));
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  it('answers 204 to a dispatch as older servers do', async () => {
    setup.fake.world.returnsRunDetails = false;

    const started = await ci().dispatch({ workflowId, ref: 'main', inputs: {}, correlationId: 'sb-1' });

    expect(started).toEqual({ handle: null });
    expect(setup.repository.runs).toHaveLength(1);
  });

  it('peels a tag of a tag and refuses the tag of a tree', async () => {
    const { git } = setup.repository;
    const date = '2026-11-21T12:00:00Z';
    const commit = git.branches.get('main') ?? '';
    const inner = git.tagObject({ tag: 'inner', message: 'inner', date, object: { sha: commit, type: 'commit' } });
    git.tags.set('outer', git.tagObject({ tag: 'outer', message: 'outer', date, object: { sha: inner.sha, type: 'tag' } }).sha);
    git.tags.set('tree', git.tagObject({ tag: 'tree', message: 'tree', date, object: { sha: 'f'.repeat(40), type: 'tree' } }).sha);
    const scm = githubSourceControl(setup.connection, setup.deps());

    expect(await scm.findTag('outer')).toEqual({ name: 'outer', commit, annotated: true, message: 'outer' });
    await expect(scm.findTag('tree')).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('remembers only so many calls', async () => {
    for (let index = 0; index < 520; index += 1) await fetch(`${setup.fake.origin}/user`).then((response) => response.text());

    expect(setup.fake.calls.length).toBe(500);
  });
});
