/** The path of an installed program; null = it is not there, and tests of it are skipped. */
export function findProgram(name: string): string | null;
