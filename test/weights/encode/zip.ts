// A zip archive, entry by entry: what numpy.savez and Keras write, and what nobody should (sizes that lie).
import { crc32 } from 'node:zlib';
import { concat, type Part } from '../../../tools/fixtures/encode-protobuf.ts';

export interface ZipPart {
  name: string;
  /** As it lies in the file: deflated for method 8. */
  data: Part;
  method: 0 | 8 | number;
  /** Declared bytes of the content. */
  size: number;
}

function numbers(...fields: [number, 2 | 4][]): Part {
  const bytes = Buffer.alloc(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) at = bytes.writeUIntLE(value, at, size);
  return new Uint8Array(bytes);
}

export function encodeZip(entries: ZipPart[]): Part {
  const locals: Part[] = [];
  const directory: Part[] = [];
  let offset = 0;
  for (const { name, data, method, size } of entries) {
    const label = new TextEncoder().encode(name);
    const shared = numbers(
      [0, 2],
      [method, 2],
      [0, 4],
      [crc32(data), 4],
      [data.length, 4],
      [size, 4],
      [label.length, 2],
    );
    const local = concat(numbers([0x04034b50, 4], [20, 2]), shared, numbers([0, 2]), label, data);
    directory.push(
      numbers([0x02014b50, 4], [20, 2], [20, 2]),
      shared,
      numbers([0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      label,
    );
    locals.push(local);
    offset += local.length;
  }
  const central = concat(...directory);
  const count = entries.length;
  const end = numbers(
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [central.length, 4],
    [offset, 4],
    [0, 2],
  );
  return concat(...locals, central, end);
}
