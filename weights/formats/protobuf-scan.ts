// Protocol-buffer messages of any size, field by field: payloads stay in the file, only their positions are
// taken. Small messages are then decoded by protobufjs from their schema, without the fields that hold
// weights. Source: the wire format (protobuf.dev/programming-guides/encoding). Groups are refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';
import { OperatorError } from '../operator-error.ts';
import { Cursor, type SourceFile } from './source-file.ts';

/** Bytes of a message without its weights; the published files' largest has about 400. */
const MESSAGE_BYTES = 1 << 20;

/** A part of the file: a message or a payload. */
export interface Span {
  position: number;
  length: number;
}

export interface Field extends Span {
  number: number;
  /** 0 varint, 1 fixed 64 bits, 2 length-delimited, 5 fixed 32 bits. */
  wire: number;
  /** Value of a varint (rounded above 2^53), else 0. */
  value: number;
  /** Position of the field's tag. */
  start: number;
}

/** The fields of the message in `span`, in order. Throws OperatorError where the bytes are no message. */
export function* scanFields(source: SourceFile, span: Span, what: string): Generator<Field> {
  const cursor = new Cursor(source, span.position, span.position + span.length, what);
  while (cursor.position < cursor.end) {
    const start = cursor.position;
    const tag = varint(cursor, what);
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0)
      throw new OperatorError(`${what}: expected a field at position ${start}, found number 0`);
    switch (wire) {
      case 0: {
        const value = varint(cursor, what);
        yield { number, wire, value, start, position: cursor.position, length: 0 };
        break;
      }
      case 1:
        yield { number, wire, value: 0, start, position: cursor.skip(8), length: 8 };
        break;
      case 2: {
        const length = varint(cursor, what);
        yield { number, wire, value: 0, start, position: cursor.skip(length), length };
        break;
      }
      case 5:
        yield { number, wire, value: 0, start, position: cursor.skip(4), length: 4 };
        break;
      default:
        throw new OperatorError(
          `${what}: expected wire type 0, 1, 2 or 5 at position ${start}, found ${wire}`,
        );
    }
  }
}

function varint(cursor: Cursor, what: string): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = cursor.u8();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new OperatorError(
    `${what}: expected a varint before position ${cursor.position}, found over 10 bytes`,
  );
}

/** Repeated integers, packed or not, of one field: give each occurrence to it. */
export function appendInts(source: SourceFile, field: Field, into: number[], what: string): void {
  if (field.wire === 0) {
    into.push(field.value);
    return;
  }
  const cursor = new Cursor(source, field.position, field.position + field.length, what);
  while (cursor.position < cursor.end) {
    into.push(varint(cursor, what));
    if (into.length > 64) throw new OperatorError(`${what}: expected at most 64 dimensions, found more`);
  }
}

/** Loads a schema, by its path below this folder. */
export function loadSchema(file: string): protobuf.Root {
  return protobuf.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8'), { keepCase: true }).root;
}

/** The message in `span` as a plain object with its defaults, without the fields numbered in `omit`. */
export function decodeMessage<T>(
  source: SourceFile,
  span: Span,
  type: protobuf.Type,
  what: string,
  omit: number[] = [],
): T {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const field of scanFields(source, span, what)) {
    if (omit.includes(field.number)) continue;
    const length = field.position + field.length - field.start;
    total += length;
    if (total > MESSAGE_BYTES)
      throw new OperatorError(
        `${what}: expected a message of at most ${MESSAGE_BYTES} bytes, found ${total}`,
      );
    parts.push(source.read(field.start, length, what));
  }
  try {
    const message = type.decode(Buffer.concat(parts));
    return type.toObject(message, { defaults: true, arrays: true, longs: Number }) as T;
  } catch (error) {
    throw new OperatorError(`${what}: expected a ${type.name}, found ${oneLine(error)}`);
  }
}

/** Text of a length-delimited field. */
export function textOf(source: SourceFile, field: Field, what: string): string {
  if (field.wire !== 2 || field.length > MESSAGE_BYTES)
    throw new OperatorError(`${what}: expected a short text, found ${field.length} bytes`);
  return new TextDecoder().decode(source.read(field.position, field.length, what));
}

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replaceAll('\n', ' ');
}
