/** What `readFile` hands out at most, bytes. */
export const MAX_TEXT_BYTES = 1_048_576;

/** The bytes as UTF-8 text; `null` when they are something else (a NUL byte marks a binary file, as it does for git) or too many. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.byteLength > MAX_TEXT_BYTES || bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
