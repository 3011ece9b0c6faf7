import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));
let child: ChildProcess | undefined;

afterEach(async () => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

async function start(stdin: 'pipe' | 'ignore', env: Record<string, string> = {}) {
  const started = spawn(process.execPath, ['--import', 'tsx', main], {
    stdio: [stdin, 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  child = started;
  const lines: string[] = [];
  const { stdout } = started;
  if (stdout === null) throw new Error('its stdout is a pipe');
  const reader = createInterface({ input: stdout });
  reader.on('line', (line) => lines.push(line));
  await once(reader, 'line');
  return { process: started, lines, ready: JSON.parse(lines[0] ?? '') };
}

it('says on one line where everything is, and ends on SIGTERM though its input was never open', async () => {
  const { process: sandbox, lines, ready } = await start('ignore');
  const effects = await fetch(`${ready.control.origin}/effects`);

  sandbox.kill('SIGTERM');
  const [code] = await once(sandbox, 'exit');

  expect(ready).toMatchObject({
    ready: true,
    github: { owner: 'acme', repo: 'shop' },
    tracker: { provider: 'jira', place: { project: 'SHOP' } },
  });
  expect(effects.status).toBe(200);
  expect(lines).toHaveLength(1);
  expect(code).toBe(0);
});

it('has the team keep its tickets where SANDBOX_TRACKER says, and its app in the stores where SANDBOX_STORES is 1', async () => {
  const { ready } = await start('pipe', { SANDBOX_TRACKER: 'clickup', SANDBOX_STORES: '1' });

  expect(ready.tracker).toMatchObject({ provider: 'clickup', displayName: 'Sandbox ClickUp', place: { completedStatus: 'complete' } });
  expect(ready.stores).toMatchObject([{ provider: 'google-play' }, { provider: 'app-store-connect' }]);
  for (const { origin } of [ready.tracker, ...ready.stores]) expect(ready.outboundAllow.split(',')).toContain(new URL(origin).host);
});

it('ends when whoever started it is gone', async () => {
  const { process: sandbox } = await start('pipe');

  sandbox.stdin?.end();
  const [code] = await once(sandbox, 'exit');

  expect(code).toBe(0);
});
