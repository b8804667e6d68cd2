// What a decoder answers. Above zero and zero: how far it is. Below zero: why it stopped; every code has its
// text in src/image/status.ts. Ranges: -1..-99 all formats, -101.. JPEG, -201.. PNG, -301.. GIF, -401.. BMP.

/** All input that was fed is used up or too short to go on: feed more. */
export const NEED: i32 = 0;
/** Width, height and orientation are known: call `configure`, then go on with `feed`. */
export const HEADER: i32 = 1;
/** The window's last row is in the sink. The rest of the file is not wanted. */
export const DONE: i32 = 2;

/** The input ended before the picture did. */
export const TRUNCATED: i32 = -1;
/** The decode does not fit in the memory's maximum. */
export const MEMORY: i32 = -2;
/** More work than `open` allowed (a decompression bomb). */
export const WORK: i32 = -3;
/** A call out of order; a mistake of the host. */
export const ORDER: i32 = -4;
