import { fstatSync } from 'node:fs';
import { ciChoices, scmChoices } from './hosts/host.ts';
import { sandboxPorts } from './sandbox.ts';
import { trackerChoices } from './trackers/tracker.ts';
import { type SandboxOptions, startSandbox } from './world.ts';

/**
 * `node --import tsx sandbox/main.ts`: the sandbox as a process. Prints one JSON line when it is ready and ends on SIGTERM, SIGINT, or when
 * whoever started it closes its standard input. `SANDBOX_PORTS=github:4001,jira:4002,checkmate:4003,slack:4004,control:4005` fixes ports;
 * those not named are free ones. `SANDBOX_SPEED=4`: CI, testers and everybody else take a quarter of their time. `SANDBOX_SCM=gitlab`,
 * `SANDBOX_CI=jenkins`, `SANDBOX_TRACKER=linear`: where the team keeps its code, what builds it, where its tickets are. `SANDBOX_STORES=1`:
 * its app is in the stores, too.
 */

const sandbox = await startSandbox({
  ports: portsOf(process.env.SANDBOX_PORTS ?? ''),
  speed: speedOf(process.env.SANDBOX_SPEED || '1'),
  scm: choiceOf('SANDBOX_SCM', scmChoices),
  ci: choiceOf('SANDBOX_CI', ciChoices),
  tracker: choiceOf('SANDBOX_TRACKER', trackerChoices),
  stores: process.env.SANDBOX_STORES === '1',
});
const { outboundAllow, controlOrigin } = sandbox;
process.stdout.write(`${JSON.stringify({ ready: true, ...sandbox.access(), outboundAllow, control: { origin: controlOrigin } })}\n`);

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await sandbox.close();
  process.exit(0);
}

process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
if (isPipe(0)) process.stdin.on('end', () => void end()).resume();

/** A terminal and /dev/null say nothing about the parent: the one stays open, the other is at its end from the beginning. */
function isPipe(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function portsOf(text: string): NonNullable<SandboxOptions['ports']> {
  const names: readonly string[] = sandboxPorts;
  const pairs = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim().split(':')]));
  for (const [name = '', port = ''] of pairs) {
    if (!names.includes(name) || !/^\d{1,5}$/.test(port)) {
      throw new Error(`SANDBOX_PORTS must be a list like github:4001,jira:4002 of ${names.join(', ')}`);
    }
  }
  return Object.fromEntries(pairs.map(([name, port]) => [name, Number(port)]));
}

function choiceOf<T extends string>(variable: string, choices: readonly [T, ...T[]]): T {
  const text = process.env[variable] || choices[0];
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Error(`${variable} must be one of ${choices.join(', ')}`);
  return found;
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (!(speed > 0 && speed <= 1000)) throw new Error('SANDBOX_SPEED must be a number above 0, such as 4');
  return speed;
}
