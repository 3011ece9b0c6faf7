import { spawn } from 'node:child_process';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_CHARS = 8_000;
/** Nothing of the environment of Signalbox, where its keys are. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };

/**
 * Runs a command of the settings to its end, without a shell.
 * @throws ProviderError invalid where it cannot be started, timeout where it does not end
 */
export function runCommand([command = '', ...words]: readonly string[]): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      cwd: '/',
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const add = (chunk: Buffer) => {
      if (output.length < MAX_OUTPUT_CHARS) output += chunk.toString('utf8');
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : cause.name;
      reject(new ProviderError('invalid', `${PROVIDER}: the command "${command}" cannot be run: ${code}`, { provider: PROVIDER, cause }));
    });
    child.once('close', (exitCode, signal) => {
      if (signal === null) resolve({ exitCode, output: output.slice(0, MAX_OUTPUT_CHARS) });
      else
        reject(
          new ProviderError('timeout', `${PROVIDER}: the command "${command}" did not end within ${TIMEOUT_MS} ms`, { provider: PROVIDER }),
        );
    });
  });
}
