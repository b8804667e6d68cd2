// What an index of photos can do, wherever its vectors lie.
import type { Match } from './nearest.ts';

export interface IndexFacts {
  /** Photos; null where the store does not say. */
  photos: number | null;
  bytes: number | null;
  store: 'embedded' | 'vectorize';
}

export interface Duplicate {
  keys: [string, string];
  /** Bits in which the codes differ. */
  distance: number;
}

export interface NewPhoto {
  key: string;
  /** f32 [1024]. */
  vector: Float32Array;
}

/** A photo of the index that another one is nearly the same as. */
export interface Near {
  key: string;
  /** Bits in which the codes differ. */
  distance: number;
}

/** A match of a store that has no codes has no distance. */
export type Found = Omit<Match, 'distance'> & { distance?: number };

/** Each throws ServiceError: not-found for an index or key that is not there, index-model, and those of its store. */
export interface PhotoIndex {
  /** Adds a photo, in the place of an older one of this key. @param vector f32 [1024] */
  put(key: string, vector: Float32Array): Promise<void>;
  /** Throws ServiceError bad-parameter for a key that it cannot take. */
  checkKey(key: string): void;
  /**
   * Adds photos in one change. With `maxDistance`, a photo whose code differs in at most so many bits from that of a photo of
   * another key, of the index or before it in the list, is left out: what it is like stands at its place in the answer.
   */
  putAll(photos: readonly NewPhoto[], maxDistance?: number): Promise<(Near | undefined)[]>;
  remove(key: string): Promise<void>;
  /** Removes the whole index. */
  clear(): Promise<void>;
  /** The `k` most alike, best first. @param vector 256 or 1024 numbers */
  search(vector: Float32Array, k: number): Promise<Found[]>;
  facts(): Promise<IndexFacts>;
  /** Pairs of photos whose codes differ in at most so many bits, nearest first, and whether there were more. */
  duplicates(maxDistance: number): Promise<{ pairs: Duplicate[]; complete: boolean }>;
}

/** Matches of one search. */
export const MAX_MATCHES = 100;
/** Codes of photos that have nothing to do with each other differ in half of their 256 bits. */
export const MAX_DISTANCE = 64;
/** Pairs of one answer. */
export const MAX_PAIRS = 1_000;
