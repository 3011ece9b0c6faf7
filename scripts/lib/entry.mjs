import { Refusal } from './progress.mjs';

/**
 * Runs a script's `main` and ends the process with the code it returns. A `Refusal` is one sentence; anything else is a
 * bug and shows its stack. `stop` runs in every case, also on Ctrl-C, SIGTERM and hang-up; a second Ctrl-C gives up waiting.
 */
export async function runScript(progress, main) {
  const stops = [];
  const interrupted = new AbortController();
  let stopping;
  const stopAll = () => {
    stopping ??= (async () => {
      for (const stop of stops.reverse()) await stop().catch((error) => progress.warn(error.message));
    })();
    return stopping;
  };
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, async () => {
      if (interrupted.signal.aborted) {
        if (signal === 'SIGINT') process.exit(code);
        return;
      }
      interrupted.abort();
      progress.raw('');
      progress.step('stopping');
      await stopAll();
      process.exit(code);
    });
  }
  stopWithNpm(() => process.kill(process.pid, 'SIGTERM'));
  let code;
  try {
    code = await main({ onStop: (stop) => stops.push(stop), interrupted: interrupted.signal });
  } catch (error) {
    if (!interrupted.signal.aborted) progress.fail(error instanceof Refusal ? error.message : error.stack);
    code = 1;
  }
  // An interruption ends the process itself, with its own code.
  if (interrupted.signal.aborted) return;
  await stopAll();
  process.exitCode = code;
  process.exit();
}

/** npm killed outright tells nobody: under npm, a new parent means that the old one is gone. */
function stopWithNpm(stop) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 1000);
  timer.unref();
}
