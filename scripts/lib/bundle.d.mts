/** Compiles every process of Signalbox into `<dir>/main`; `dir` lies right below the root. */
export function bundle(dir: string): Promise<void>;
