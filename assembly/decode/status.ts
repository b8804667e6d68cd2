// What a call of the decoder says: positive to go on, negative for a failure. The numbers are the contract
// with src/image/instance.ts, which turns failures into the error codes of the service.

/** The input is used up; give more. */
export const MORE: i32 = 0;
/** Width, height and orientation are known; call `begin`. */
export const HEADER: i32 = 1;
/** The picture is complete. */
export const DONE: i32 = 2;
/** There is work left that needs no input: call `advance(0, ...)` again. Keeps single calls short. */
export const AGAIN: i32 = 3;

/** The input ends before the picture does. */
export const TRUNCATED: i32 = -1;
/** A field, a code or a checksum is impossible. */
export const DAMAGED: i32 = -2;
/** The format's variant is not read here. */
export const UNSUPPORTED: i32 = -3;
/** More scans, or more blocks visited, than allowed. */
export const COMPLEX: i32 = -4;
/** The picture's memory is not enough: 8 MiB for WebP, 32 for the others. */
export const MEMORY: i32 = -5;
/** Kinds of JPEG that are not read, by name. */
export const LOSSLESS: i32 = -6;
export const HIERARCHICAL: i32 = -7;
export const JPEG_LS: i32 = -8;
