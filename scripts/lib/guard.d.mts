/** The process group is killed when this process is gone, however it went. */
export function watchGroup(pid: number): void;
export function forgetGroup(pid: number): void;
/** The directory is removed when this process is gone. */
export function removeAtEnd(directory: string): void;
