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

/** A chunk is too long, out of place, or of an unknown critical type. */
export const PNG_CHUNK: i32 = -201;
/** IHDR is malformed: a side of 0, a colour type, depth or method that does not exist. */
export const PNG_HEADER: i32 = -202;
/** The CRC of IHDR or PLTE is wrong. */
export const PNG_CHECKSUM: i32 = -203;
/** The palette is missing or malformed. */
export const PNG_PALETTE: i32 = -204;
/** The compressed data is not a zlib stream, or its checksum is wrong. */
export const PNG_DATA: i32 = -205;
/** A row has a filter type above 4. */
export const PNG_FILTER: i32 = -206;
/** The data goes on behind the last row. */
export const PNG_EXTRA: i32 = -207;
/** The data ends before the last row. */
export const PNG_SHORT: i32 = -208;

/** The header, a block or the frame's place and size make no sense. */
export const GIF_BLOCK: i32 = -301;
/** The compressed pixels hold a code that does not exist yet. */
export const GIF_CODE: i32 = -302;
/** The compressed pixels end before the frame does, or there is no frame. */
export const GIF_SHORT: i32 = -303;

/** The header is malformed. */
export const BMP_HEADER: i32 = -401;
/** A compression or depth that is not read: JPEG or PNG inside, Huffman, RLE24. */
export const BMP_KIND: i32 = -402;
/** The runs leave the picture. */
export const BMP_RUNS: i32 = -403;
