// What a call of the decoder says: positive to go on, negative for a failure. The numbers are the contract
// with src/image/failure.ts, which turns failures into the error codes of the service.

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
/** The format's variant is not read here (arithmetic JPEG, 12 bits, ...). */
export const UNSUPPORTED: i32 = -3;
/** More scans, or more blocks visited, than allowed. */
export const COMPLEX: i32 = -4;
/** The 32 MiB of the module are not enough. */
export const MEMORY: i32 = -5;
