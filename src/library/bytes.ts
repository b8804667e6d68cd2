// Whatever a photo or a model comes as, as bytes or as an upload that is decoded while it arrives.
import { Upload } from '../isolate/upload.ts';
import type { Bytes } from './answers.ts';

/** @throws TypeError for anything else */
export function sourceOf(bytes: Bytes): Upload | Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  if (bytes instanceof Blob) return new Upload(bytes.stream());
  if (bytes instanceof ReadableStream) return new Upload(bytes);
  throw new TypeError(
    `expected the bytes of a file as Uint8Array, ArrayBuffer, Blob or ReadableStream, found ${typeof bytes}`,
  );
}

/** All of them. */
export async function wholeBytes(bytes: Bytes): Promise<Uint8Array> {
  const source = sourceOf(bytes);
  return source instanceof Upload ? source.rest() : source;
}
