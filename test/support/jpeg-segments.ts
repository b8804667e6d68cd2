// The segments of a JPEG file, to be taken out, changed or added.

export interface Segment {
  marker: number;
  /** With its marker; of a scan with its data. */
  bytes: Uint8Array;
}

/** SOI, each segment, EOI. */
export function segments(file: Uint8Array): Segment[] {
  const found: Segment[] = [];
  for (let at = 0; at < file.length; ) {
    const marker = file[at + 1] ?? 0;
    const bare = marker === 0xd8 || marker === 0xd9;
    let end = at + 2 + (bare ? 0 : ((file[at + 2] ?? 0) << 8) | (file[at + 3] ?? 0));
    const isEnd = () => file[end] === 0xff && file[end + 1] !== 0 && ((file[end + 1] ?? 0) & 0xf8) !== 0xd0;
    if (marker === 0xda) while (end < file.length && !isEnd()) end++;
    found.push({ marker, bytes: file.subarray(at, end) });
    at = end;
  }
  return found;
}

export function joined(parts: Segment[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(({ bytes }) => [...bytes]));
}

export function segment(marker: number, data: Iterable<number>): Segment {
  const bytes = [...data];
  const length = bytes.length + 2;
  return { marker, bytes: Uint8Array.from([0xff, marker, length >> 8, length & 255, ...bytes]) };
}
