import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.mjs';

const entries = ['admin', 'api', 'migrate', 'scheduler', 'worker'].map((name) => join(root, `src/main/${name}.ts`));

/** What dependencies written for CommonJS look for. */
const commonjs = `import { createRequire as signalboxRequire } from 'node:module';
import { dirname as signalboxDirname } from 'node:path';
import { fileURLToPath as signalboxPath } from 'node:url';
const require = signalboxRequire(import.meta.url);
const __filename = signalboxPath(import.meta.url);
const __dirname = signalboxDirname(__filename);`;

/**
 * Compiles every process of Signalbox with its dependencies into `<dir>/main`, a file each beside what they share: a process that reads a dozen files
 * starts in less than half the time of one that looks up two thousand. Types are `npm run check`'s affair.
 *
 * `dir` lies right below the root: migrations are read from `drizzle` beside it, and what is not bundled is found in `node_modules`.
 */
export async function bundle(dir) {
  const main = join(dir, 'main');
  await build({
    ...{ entryPoints: entries, outdir: main, absWorkingDir: root, logLevel: 'warning' },
    ...{ bundle: true, splitting: true, platform: 'node', format: 'esm', target: 'node20', banner: { js: commonjs } },
    // Those bring binaries, or files that are served.
    external: ['ssh2', 'cpu-features', '@bull-board/ui'],
    // Errors are told by the names of their classes.
    keepNames: true,
    ...{ sourcemap: true, sourcesContent: false },
  });
  // A program of its own, started from where its starter lies.
  cpSync(join(root, 'src/integrations/providers/local-runner/supervisor'), join(main, 'supervisor'), { recursive: true });
}
