/** What the scripts say to the person in front of the terminal: one plain line per event. */

const colours = { step: 36, ok: 32, warn: 33, fail: 31, note: 90 };
const marks = { step: '→', ok: '✓', warn: '!', fail: '✗', note: ' ' };

/**
 * `json: true` sends everything to stderr, so that stdout carries nothing but the result line.
 * Colour only where a terminal shows it.
 */
export function createProgress({ json = false } = {}) {
  const stream = json ? process.stderr : process.stdout;
  const colour = stream.isTTY && !process.env.NO_COLOR;
  const started = Date.now();

  function line(kind, text) {
    const seconds = `${((Date.now() - started) / 1000).toFixed(1)}s`.padStart(7);
    const head = `${seconds} ${marks[kind]}`;
    stream.write(`${colour ? `\x1b[${colours[kind]}m${head}\x1b[0m` : head} ${text}\n`);
  }

  return {
    step: (text) => line('step', text),
    ok: (text) => line('ok', text),
    warn: (text) => line('warn', text),
    fail: (text) => line('fail', text),
    note: (text) => line('note', text),
    /** Text without time and mark: output of a child, or the block of addresses at the end. */
    raw: (text) => stream.write(text.endsWith('\n') ? text : `${text}\n`),
  };
}

/** Says nothing: for tests and benches, which have their own output. */
export const silent = { step() {}, ok() {}, warn() {}, fail() {}, note() {}, raw() {} };

/** An expected failure: the message is the whole explanation, a stack would only hide it. */
export class Refusal extends Error {
  name = 'Refusal';
}
