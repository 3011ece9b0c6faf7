/** Human progress of the demo: one plain line per event, or nothing when `DEMO_QUIET` is set. */
export type Say = (line: string) => void;

export const sayOn =
  (stream: NodeJS.WritableStream, quiet: boolean): Say =>
  (line) => {
    if (!quiet) stream.write(`${line}\n`);
  };
