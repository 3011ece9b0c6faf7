import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One guard per process is enough and two would be waste: the only state this module keeps. */
let guard;

function tell(message) {
  if (guard === undefined) {
    guard = spawn(process.execPath, [fileURLToPath(new URL('./guard-process.mjs', import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guard.stdin.on('error', () => {});
    guard.unref();
    guard.stdin.unref?.();
  }
  guard.stdin.write(`${JSON.stringify(message)}\n`);
}

/** The process group `pid` is killed when this process is gone, however it went. */
export const watchGroup = (pid) => tell({ watch: pid });
export const forgetGroup = (pid) => tell({ forget: pid });
/** The directory is removed when this process is gone. */
export const removeAtEnd = (directory) => tell({ remove: directory });
