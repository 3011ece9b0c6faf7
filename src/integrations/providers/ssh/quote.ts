/** Words that a POSIX shell takes for exactly these words, whatever they hold. A NUL cannot be held by any. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

export const quotedAll = (words: readonly string[]): string => words.map(quoted).join(' ');

/** Names that some shell keeps for itself and lets nobody set. */
const RESERVED: ReadonlySet<string> = new Set(['UID', 'EUID', 'PPID', 'SHELLOPTS', 'BASHOPTS', 'BASH_ENV', 'ENV', 'IFS']);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

/** Why a variable cannot be handed on; null = it can. */
export function variableProblem(name: string, value: string): string | null {
  if (!VARIABLE.test(name) || RESERVED.has(name)) return `"${name.slice(0, 100)}" cannot be the name of a variable there`;
  return value.includes('\0') ? `the variable ${name} holds a NUL character` : null;
}

/** A file that `.` of a shell reads, and `EnvironmentFile=` of systemd. */
export const environmentFile = (variables: ReadonlyMap<string, string>): string =>
  [...variables].map(([name, value]) => `${name}=${quoted(value)}\n`).join('');
