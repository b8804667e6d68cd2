// block-codes: the two prefix codes of a deflate block: the fixed ones (RFC 1951, section 3.2.6), or those that the
// head of a dynamic block describes (3.2.7), read in pieces of any size.

import { Arena } from '../arena';
import { Limits } from '../picture';
import { BitInput } from './bit-input';
import { CODE_LENGTHS, DeflateCode, DISTANCES, LITERALS } from './deflate-code';

export const LITERAL_TABLE_BITS = 11;
export const DISTANCE_TABLE_BITS = 8;
const MAX_LENGTHS = 288 + 32;
/**
 * Building the codes of a block takes 4 us, though the block may be 12 bytes long and stand for nothing: 25 MB of
 * them would take 8 s. Each counts as this many blocks of a JPEG, so that the default limit allows 312,500 blocks; the
 * shortest blocks that zlib makes (memLevel 1) are 250,000 in 25 MB.
 */
const COUNTED_AS: i64 = 128;

/** What `read` answers. */
export const CODES_HUNGRY: i32 = 0;
export const CODES_READY: i32 = 1;
export const CODES_INVALID: i32 = -1;
export const CODES_TOO_MANY: i32 = -2;
/** Between the steps of `read`. */
const GO_ON: i32 = 2;

enum State {
  TABLE_SIZES,
  CODE_LENGTH,
  SYMBOL_LENGTH,
}

// Section 3.2.7: the order in which the lengths of the code length code are sent.
const CODE_LENGTH_ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

export class BlockCodes {
  static literals: DeflateCode = changetype<DeflateCode>(0);
  static distances: DeflateCode = changetype<DeflateCode>(0);

  private static state: i32 = State.TABLE_SIZES;
  private static literalLengths: i32 = 0;
  private static distanceLengths: i32 = 0;
  private static codeLengths: i32 = 0;
  private static lengthsRead: i32 = 0;
  /** Code lengths of all symbols, literals first. */
  private static lengths: usize = 0;
  /** The codes are the fixed ones, which many blocks may share. */
  private static fixedBuilt: bool = false;

  /** Takes memory for a new stream; false when there is not enough. */
  static open(): bool {
    const literals = DeflateCode.take(LITERAL_TABLE_BITS);
    const distances = DeflateCode.take(DISTANCE_TABLE_BITS);
    BlockCodes.lengths = Arena.take(MAX_LENGTHS);
    if (literals === null || distances === null || !BlockCodes.lengths) return false;
    BlockCodes.literals = literals;
    BlockCodes.distances = distances;
    BlockCodes.fixedBuilt = false;
    return true;
  }

  /** The head of a dynamic block follows: call `read` until it is READY. */
  static start(): void {
    BlockCodes.state = State.TABLE_SIZES;
  }

  static read(): i32 {
    let answer = GO_ON;
    while (answer === GO_ON) {
      if (BlockCodes.state === State.TABLE_SIZES) answer = BlockCodes.tableSizes();
      else if (BlockCodes.state === State.CODE_LENGTH) answer = BlockCodes.codeLength();
      else answer = BlockCodes.symbolLength();
    }
    return answer;
  }

  /** Section 3.2.6. */
  static useFixed(): void {
    if (BlockCodes.fixedBuilt) return;
    const lengths = BlockCodes.lengths;
    memory.fill(lengths, 8, 288);
    memory.fill(lengths + 144, 9, 112);
    memory.fill(lengths + 256, 7, 24);
    memory.fill(lengths + 288, 5, 32);
    BlockCodes.literals.build(LITERALS, lengths, 288);
    BlockCodes.distances.build(DISTANCES, lengths + 288, 32);
    BlockCodes.fixedBuilt = true;
  }

  private static tableSizes(): i32 {
    if (!BitInput.has(14)) return CODES_HUNGRY;
    BlockCodes.literalLengths = <i32>BitInput.take(5) + 257;
    BlockCodes.distanceLengths = <i32>BitInput.take(5) + 1;
    BlockCodes.codeLengths = <i32>BitInput.take(4) + 4;
    if (BlockCodes.literalLengths > 286 || BlockCodes.distanceLengths > 30) return CODES_INVALID;
    Limits.blocks -= COUNTED_AS;
    if (Limits.blocks < 0) return CODES_TOO_MANY;
    BlockCodes.lengthsRead = 0;
    memory.fill(BlockCodes.lengths, 0, 19);
    BlockCodes.state = State.CODE_LENGTH;
    return GO_ON;
  }

  private static codeLength(): i32 {
    if (!BitInput.has(3)) return CODES_HUNGRY;
    const symbol = load<u8>(CODE_LENGTH_ORDER + <usize>BlockCodes.lengthsRead);
    store<u8>(BlockCodes.lengths + symbol, <u8>BitInput.take(3));
    if (++BlockCodes.lengthsRead < BlockCodes.codeLengths) return GO_ON;
    // The table of literals is free until the lengths are complete.
    BlockCodes.fixedBuilt = false;
    if (!BlockCodes.literals.build(CODE_LENGTHS, BlockCodes.lengths, 19)) return CODES_INVALID;
    BlockCodes.lengthsRead = 0;
    BlockCodes.state = State.SYMBOL_LENGTH;
    return GO_ON;
  }

  private static symbolLength(): i32 {
    BitInput.has(14);
    const entry = BlockCodes.literals.lookup(BitInput.bits);
    const codeBits = entry & 0xff;
    if (codeBits > BitInput.count) return CODES_HUNGRY;
    const symbol = (entry >> 16) & 0xff;
    const extraBits: u32 = symbol < 16 ? 0 : symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
    if (codeBits + extraBits > BitInput.count) return CODES_HUNGRY;
    BitInput.take(codeBits);
    const extra = <i32>BitInput.take(extraBits);
    const at = BlockCodes.lengths + <usize>BlockCodes.lengthsRead;
    let value = <u8>symbol;
    let count = 1;
    if (symbol === 16) {
      if (BlockCodes.lengthsRead === 0) return CODES_INVALID;
      value = load<u8>(at - 1);
      count = 3 + extra;
    } else if (symbol > 16) {
      value = 0;
      count = symbol === 17 ? 3 + extra : 11 + extra;
    }
    const all = BlockCodes.literalLengths + BlockCodes.distanceLengths;
    if (BlockCodes.lengthsRead + count > all) return CODES_INVALID;
    memory.fill(at, value, count);
    BlockCodes.lengthsRead += count;
    return BlockCodes.lengthsRead < all ? GO_ON : BlockCodes.buildDynamic();
  }

  private static buildDynamic(): i32 {
    const lengths = BlockCodes.lengths;
    const literals = BlockCodes.literalLengths;
    // A block without an end-of-block code could never end.
    if (load<u8>(lengths + 256) === 0) return CODES_INVALID;
    if (!BlockCodes.literals.build(LITERALS, lengths, literals)) return CODES_INVALID;
    if (!BlockCodes.distances.build(DISTANCES, lengths + <usize>literals, BlockCodes.distanceLengths))
      return CODES_INVALID;
    return CODES_READY;
  }
}
