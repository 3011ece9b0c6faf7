import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { forgetGroup, watchGroup } from '../../scripts/lib/guard.mjs';

export type ProcessKind = 'api' | 'scheduler' | 'worker';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** From the signal that was sent to the end, milliseconds. */
  tookMs: number;
}

/** One process of Signalbox, as the image runs it: `node dist/main/<kind>.js`. */
export interface SignalboxProcess {
  readonly kind: ProcessKind;
  /** `worker-2`; counted per kind from 1. */
  readonly name: string;
  readonly running: boolean;
  readonly pid: number;
  /** The API, or the operations server (`/metrics`, `/readyz`) of scheduler and worker. An API keeps it through restarts. */
  readonly url: string;
  /** Every line it wrote, through all its starts. */
  readonly lines: readonly string[];
  /** Starts it again after its end. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL after half a minute. */
  stop(): Promise<Exit>;
  /** SIGKILL: a crash. */
  kill(): Promise<Exit>;
  /** SIGSTOP and SIGCONT, for instance. */
  signal(name: NodeJS.Signals): void;
}

interface ProcessOptions {
  kind: ProcessKind;
  name: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** What Node is told to run one of `src/main`, as `build.ts` compiled it. */
export function built(entry: string): string[] {
  const dir = process.env.SIGNALBOX_BUILT;
  if (dir === undefined) throw new Error('nobody compiled Signalbox: tests with processes run in the vitest projects e2e and system');
  return ['--enable-source-maps', join(dir, `main/${entry}.js`)];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT_MS = 40_000;
const STOP_TIMEOUT_MS = 30_000;
const readyLine: Record<ProcessKind, RegExp> = { api: /^api listens on /, scheduler: /^scheduler started$/, worker: /^worker started$/ };

export async function startProcess(options: ProcessOptions): Promise<SignalboxProcess> {
  const lines: string[] = [];
  let current = launch(options, lines);
  let url = '';
  const ready = async () => {
    url = await current.ready;
  };
  const end = async (signal: NodeJS.Signals): Promise<Exit> => {
    const sentAt = performance.now();
    current.signal(signal);
    const timer = setTimeout(() => current.signal('SIGKILL'), STOP_TIMEOUT_MS);
    const exit = await current.exited;
    clearTimeout(timer);
    return { ...exit, tookMs: performance.now() - sentAt };
  };
  const handle: SignalboxProcess = {
    kind: options.kind,
    name: options.name,
    lines,
    get running() {
      return current.isRunning();
    },
    get pid() {
      return current.pid;
    },
    get url() {
      return url;
    },
    async start() {
      if (current.isRunning()) throw new Error(`${options.name} runs already`);
      current = launch(options, lines);
      await ready();
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    signal: (name) => current.signal(name),
  };
  try {
    await ready();
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return handle;
}

interface Launched {
  pid: number;
  /** Its URL, once it has said that it is ready. */
  ready: Promise<string>;
  exited: Promise<Omit<Exit, 'tookMs'>>;
  isRunning(): boolean;
  signal(name: NodeJS.Signals): void;
}

/** Leads a group of its own, which the guard ends should the test's process be killed. */
function launch({ kind, name, args, env }: ProcessOptions, lines: string[]): Launched {
  const child = spawn(process.execPath, [...built(kind), ...args], {
    ...{ cwd: root, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const pid = child.pid ?? 0;
  if (pid > 0) watchGroup(pid);
  let running = true;
  const exited = new Promise<Omit<Exit, 'tookMs'>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running = false;
      if (pid > 0) forgetGroup(pid);
      resolve({ code, signal });
    });
  });
  const begin = lines.length;
  const said = new Promise<string>((resolve) => {
    readLines(child, (line) => {
      lines.push(line);
      const found = urlIn(line, kind);
      if (found !== null) resolve(found);
    });
  });
  const end = () => lines.slice(begin).slice(-12).join('\n');
  return {
    ...{ pid, exited, isRunning: () => running },
    ready: firstOf(said, exited, name, end),
    signal(signalName) {
      if (running && pid > 0) process.kill(-pid, signalName);
    },
  };
}

async function firstOf(said: Promise<string>, exited: Promise<unknown>, name: string, lastLines: () => string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not get ready:\n${lastLines()}`)), START_TIMEOUT_MS);
  });
  const ended = exited.then(() => {
    throw new Error(`${name} ended before it was ready:\n${lastLines()}`);
  });
  try {
    return await Promise.race([said, ended, late]);
  } finally {
    clearTimeout(timer);
    // Its end comes some day, and is no failure then.
    ended.catch(() => undefined);
  }
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const input of [child.stdout, child.stderr]) if (input !== null) createInterface({ input }).on('line', onLine);
}

function urlIn(line: string, kind: ProcessKind): string | null {
  const entry = parseLine(line);
  if (entry === null || typeof entry.msg !== 'string' || !readyLine[kind].test(entry.msg)) return null;
  return kind === 'api' ? `http://127.0.0.1:${entry.port}` : `http://127.0.0.1:${entry.metricsPort}`;
}

/** A line of a log as an object; null where it is none. */
export function parseLine(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
