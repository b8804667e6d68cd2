// A protocol-buffer writer: fields by number, written by hand so that the importers' schemas have a witness.

export type Part = Uint8Array;

export function varint(value: number): Part {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function concat(...parts: Part[]): Part {
  return new Uint8Array(Buffer.concat(parts));
}

export function number(field: number, value: number): Part {
  return concat(varint(field * 8), varint(value));
}

export function float(field: number, value: number): Part {
  return concat(varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));
}

export function bytes(field: number, content: Part): Part {
  return concat(varint(field * 8 + 2), varint(content.length), content);
}

export function text(field: number, content: string): Part {
  return bytes(field, new TextEncoder().encode(content));
}

export function message(field: number, ...parts: Part[]): Part {
  return bytes(field, concat(...parts));
}

export function floats(field: number, values: Float32Array): Part {
  return bytes(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
