// Protocol-buffer messages by protobufjs, from schemas beside the readers. A field of weights is declared `bytes`
// there, which protobufjs gives as a view of the file: packed floats and raw data alike. Single (unpacked) floats have
// another wire type and are not seen.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';
import { OperatorError } from '../operator-error.ts';

/** A message type of a schema, by the file's path below this folder. */
export function messageType(file: string, name: string): protobuf.Type {
  const schema = readFileSync(path.join(import.meta.dirname, file), 'utf8');
  return protobuf.parse(schema, { keepCase: true }).root.lookupType(name);
}

/** The message as a plain object with its defaults. Throws OperatorError where the bytes are no such message. */
export function decodeMessage<T>(bytes: Buffer, type: protobuf.Type): T {
  try {
    return type.toObject(type.decode(bytes), { defaults: true, arrays: true, longs: Number }) as T;
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).replaceAll('\n', ' ');
    throw new OperatorError(`${type.name}: expected a whole message, found ${reason.slice(0, 200)}`);
  }
}
