import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run, startChild } from './child.mjs';
import { root } from './paths.mjs';
import { Refusal } from './progress.mjs';

/** TypeScript is run as it stands: a start needs no build. */
const node = (entry, ...args) => [process.execPath, ['--import', 'tsx', join(root, entry), ...args]];

/**
 * The project's processes as `npm start` runs them: each its own process with its own log file, stopped in the reverse
 * order of their start. One that ends unasked ends the start: `onUnexpectedExit(name, child)`.
 */
export function createApplication({ logs, progress, verbose, onUnexpectedExit }) {
  const running = [];
  let stopping = false;
  mkdirSync(logs, { recursive: true });

  function start(name, entry, { env, args = [], onLine, log = true } = {}) {
    const [command, words] = node(entry, ...args);
    const show = verbose ? (line) => progress.raw(`[${name}] ${line}`) : undefined;
    const child = startChild(command, words, {
      cwd: root,
      env,
      logFile: log ? join(logs, `${name}.log`) : undefined,
      onLine: onLine ?? show,
      onErrorLine: show ?? (log ? undefined : (line) => progress.raw(line)),
    });
    running.push({ name, child });
    child.exited.then(() => {
      if (!stopping && log) onUnexpectedExit(name, child);
    });
    return child;
  }

  return {
    start,

    /** Runs a command of the project to its end; a failure is shown with its last lines. */
    async finish(name, entry, env) {
      const [command, words] = node(entry);
      const { code, output } = await run(command, words, {
        cwd: root,
        env,
        onLine: verbose ? (line) => progress.raw(`[${name}] ${line}`) : undefined,
      });
      if (code !== 0) throw new Refusal(`${name} failed:\n${lastLines(output.split('\n'))}`);
    },

    /** Resolves with the first line of stdout that is a JSON object for which `accept` holds. */
    firstJson(name, entry, env, accept) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Refusal(`${name} said nothing for a minute; its log is ${join(logs, `${name}.log`)}`)),
          60_000,
        );
        const child = start(name, entry, {
          env,
          onLine(line) {
            const value = parseObject(line);
            if (value !== null && accept(value)) {
              clearTimeout(timer);
              resolve(value);
            }
          },
        });
        child.exited.then(() => {
          clearTimeout(timer);
          reject(new Refusal(`${name} ended before it was ready:\n${lastLines(child.tail)}`));
        });
      });
    },

    async stop() {
      stopping = true;
      for (const { child } of running.reverse()) await child.stop();
    },
  };
}

/** Waits for a 2xx from `url`; gives up when the process has ended or a minute is over. */
export async function waitUntilReady(name, url, child) {
  const deadline = Date.now() + 60_000;
  let last = 'no answer';
  while (child.running) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      if (response.ok) return;
      last = `${response.status} ${await response.text()}`;
    } catch (error) {
      last = error.cause?.code ?? error.message;
    }
    if (Date.now() > deadline) throw new Refusal(`${name} is not ready after a minute: ${last.slice(0, 500)}`);
    await delay(50);
  }
  throw new Refusal(`${name} ended before it was ready:\n${lastLines(child.tail)}`);
}

export const lastLines = (lines) =>
  lines
    .slice(-12)
    .map((line) => `    ${line}`)
    .join('\n');

export function parseObject(line) {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
