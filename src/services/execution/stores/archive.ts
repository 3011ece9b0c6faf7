/** An entry of a zip archive, as its directory tells. */
export interface ArchiveEntry {
  name: string;
  /** Of its header, from the beginning of the file. */
  offset: number;
  compressedBytes: number;
  /** CRC-32 of the content. */
  crc32: number;
  /** 0 = stored, 8 = deflated. */
  method: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const HEADER = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
export const HEADER_BYTES = 30;
/** What 32 bits cannot say stands elsewhere (zip64): such files are no builds. */
const ELSEWHERE = 0xffffffff;

/**
 * The directory of a zip archive, which stands at its end.
 * @param tail the end of the file @param sizeBytes of the whole file
 * @returns null when it is no archive, or its directory begins before the tail
 */
export function readDirectory(tail: Buffer, sizeBytes: number): ArchiveEntry[] | null {
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + END_BYTES > tail.length || tail.readUInt32LE(end) !== END) return null;
  const count = tail.readUInt16LE(end + 10);
  let at = tail.readUInt32LE(end + 16) - (sizeBytes - tail.length);
  if (at < 0) return null;
  const entries: ArchiveEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > tail.length || tail.readUInt32LE(at) !== ENTRY) return null;
    const nameBytes = tail.readUInt16LE(at + 28);
    const name = tail.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    const compressedBytes = tail.readUInt32LE(at + 20);
    const offset = tail.readUInt32LE(at + 42);
    if (compressedBytes === ELSEWHERE || offset === ELSEWHERE) return null;
    entries.push({ name, offset, compressedBytes, crc32: tail.readUInt32LE(at + 16), method: tail.readUInt16LE(at + 10) });
    at += ENTRY_BYTES + nameBytes + tail.readUInt16LE(at + 30) + tail.readUInt16LE(at + 32);
  }
  return entries;
}

/** How many bytes after its header the content of an entry begins. @throws Error where there is no header */
export function contentOffset(header: Buffer): number {
  if (header.length < HEADER_BYTES || header.readUInt32LE(0) !== HEADER) throw new Error('the archive is not what its directory says');
  return HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}
