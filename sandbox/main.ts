import { fstatSync } from 'node:fs';
import { type SandboxOptions, startSandbox } from './world.ts';

/**
 * `node --import tsx sandbox/main.ts`: the sandbox as a process. Prints one JSON line when it is ready and ends on SIGTERM, SIGINT, or when
 * whoever started it closes its standard input. `SANDBOX_PORTS=github:4001,jira:4002,checkmate:4003,slack:4004,control:4005` fixes ports;
 * those not named are free ones. `SANDBOX_SPEED=4`: CI, testers and everybody else take a quarter of their time.
 */

const sandbox = await startSandbox({ ports: portsOf(process.env.SANDBOX_PORTS ?? ''), speed: speedOf(process.env.SANDBOX_SPEED || '1') });
process.stdout.write(`${JSON.stringify({ ready: true, ...sandbox.access(), control: { origin: sandbox.controlOrigin } })}\n`);

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
  const names = ['github', 'jira', 'checkmate', 'slack', 'control'];
  const pairs = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim().split(':')]));
  for (const [name = '', port = ''] of pairs) {
    if (!names.includes(name) || !/^\d{1,5}$/.test(port)) {
      throw new Error(`SANDBOX_PORTS must be a list like github:4001,jira:4002 of ${names.join(', ')}`);
    }
  }
  return Object.fromEntries(pairs.map(([name, port]) => [name, Number(port)]));
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (!(speed > 0 && speed <= 1000)) throw new Error('SANDBOX_SPEED must be a number above 0, such as 4');
  return speed;
}
