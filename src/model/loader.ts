// One model per isolate, loaded once for all requests, streamed from R2 into the engine's memory and checked on the
// way. Shared state is plain data: a promise, stream or timer made by one request is never awaited by another,
// because it dies with its request (the client hung up) and would take the others along.
//
//   owner    the request that streams; it moves `offset` and `beat`, and checks after every await that it still is
//            the owner. Its work is handed to waitUntil, so that it survives its client for a while.
//   all      poll with timers of their own. A beat that is too old: the owner died or its stream stalls; the first
//            to notice takes over and goes on at `offset` by a ranged read of the same etag.
//
// This is no queue of permits (isolate/turns.ts), though its idea is the same: a waiter does not wait to load in its
// turn, but for what somebody else loads; the owner is missed after the silence of a stream, not of a request, and its
// successor goes on at an offset. With Turns of capacity 1 all of that would stay here, and the turn would come on top.
//
// A failed load is not remembered: the next request starts anew, unless the object itself was found damaged
// (damaged.ts). Only its memory is kept and used again, because two models do not fit into one isolate.

import { Engine } from '../engine/engine.ts';
import { ServiceError } from '../errors.ts';
import type { ModelInfo } from '../network/model-info.ts';
import { checkRanges } from '../network/ranges.ts';
import { hexOf, sha256Hex } from './checksum.ts';
import { DamagedObject } from './damaged.ts';
import { checkTiles, modelInfoOf } from './header.ts';
import { checkHeader } from './key.ts';
import { ObjectStream } from './object-stream.ts';
import { headerEnd, parseHeader, type SafetensorsHeader } from './safetensors.ts';

export interface LoadSettings {
  /** Silence of the stream after which it is opened again; doubled at each try. */
  stallMs: number;
  pollMs: number;
  deadlineMs: number;
  /** Bytes read and hashed at once; what a broken stream may lose. */
  chunkBytes: number;
}

const DEFAULT_SETTINGS: LoadSettings = {
  stallMs: 2_000,
  pollMs: 20,
  deadlineMs: 25_000,
  chunkBytes: 1 << 20,
};
const MAX_TRIES = 3;
/** A header is mostly labels: 1000 classes take about 60 kB. */
const MAX_HEADER_BYTES = 1 << 20;

/** A packed model that is being streamed in: everything but the last bytes is known. */
interface Loading {
  engine: Engine;
  etag: string;
  dataStart: number;
  /** Bytes of the data section that have arrived. */
  offset: number;
}

/** Thrown inside a load whose request is no longer the owner. */
class LostOwnership extends Error {}

export type WaitUntil = (promise: Promise<unknown>) => void;

export class ModelLoader {
  readonly #module: WebAssembly.Module;
  readonly #settings: LoadSettings;
  #ready: Engine | undefined;
  /** Engine of a load that failed: its memory is used again. */
  #spare: Engine | undefined;
  #loading: Loading | undefined;
  #owner = 0;
  #lastOwner = 0;
  readonly #damaged = new DamagedObject();
  #beat = 0;
  /** How often the object was read: 1 after an undisturbed load. */
  reads = 0;

  constructor(module: WebAssembly.Module, settings: Partial<LoadSettings> = {}) {
    this.#module = module;
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
  }

  /** The engine when it is loaded, without loading it. */
  get engine(): Engine | undefined {
    return this.#ready;
  }

  /** Drops the engine (after a trap); the next request loads it again. */
  drop(): void {
    this.#ready = undefined;
  }

  /**
   * The loaded engine. Throws ServiceError: model-bucket-missing, model-missing, model-truncated, model-version,
   * model-tiles, model-damaged, model-checksum (each at once), model-unreachable (after three tries), model-timeout.
   */
  load(bucket: R2Bucket | undefined, key: string, waitUntil: WaitUntil): Promise<Engine> {
    return this.#loadUntil(() => this.#ready, bucket, key, waitUntil);
  }

  /** What the model says of itself, as soon as its header has arrived; the weights go on arriving. Throws as load. */
  describe(bucket: R2Bucket | undefined, key: string, waitUntil: WaitUntil): Promise<ModelInfo> {
    return this.#loadUntil(() => (this.#ready ?? this.#loading?.engine)?.info, bucket, key, waitUntil);
  }

  async #loadUntil<T>(
    found: () => T | undefined,
    bucket: R2Bucket | undefined,
    key: string,
    waitUntil: WaitUntil,
  ): Promise<T> {
    const { stallMs, pollMs, deadlineMs } = this.#settings;
    const started = Date.now();
    let tries = 0;
    let own: { done: Promise<void>; error?: unknown } | undefined;
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      if (own?.error !== undefined) {
        const { error } = own;
        own = undefined;
        if (error instanceof ServiceError) throw error;
        if (tries >= MAX_TRIES)
          throw new ServiceError('model-unreachable', `reading model ${key} failed ${tries} times`, {
            cause: error,
          });
      }
      // Found while this request waited for it.
      const damage = this.#damaged.of(key);
      if (damage && damage.since > started) throw damage.error;
      if (Date.now() - started > deadlineMs)
        throw new ServiceError('model-timeout', `model ${key} was not loaded within ${deadlineMs} ms`);
      if (this.#owner === 0 || Date.now() - this.#beat > stallMs * 2 ** tries) {
        tries++;
        own = this.#start(bucket, key, waitUntil);
      }
      // The owner also wakes when its own work ends; everyone else only by the timer.
      await Promise.race([scheduler.wait(pollMs), ...(own ? [own.done] : [])]);
    }
  }

  /** Becomes the owner and begins to stream, or to stream on. The work never rejects; it leaves its error. */
  #start(
    bucket: R2Bucket | undefined,
    key: string,
    waitUntil: WaitUntil,
  ): { done: Promise<void>; error?: unknown } {
    const owner = ++this.#lastOwner;
    this.#owner = owner;
    this.#beat = Date.now();
    const own: { done: Promise<void>; error?: unknown } = { done: Promise.resolve() };
    own.done = this.#stream(bucket, key, owner)
      .catch((error: unknown) => {
        if (!(error instanceof LostOwnership)) own.error = error;
      })
      .finally(() => {
        if (this.#owner === owner) this.#owner = 0;
      });
    waitUntil(own.done);
    return own;
  }

  /** Awaits, then makes sure that this request is still the one that streams. */
  async #step<T>(owner: number, promise: Promise<T>): Promise<T> {
    const value = await promise;
    if (this.#owner !== owner) throw new LostOwnership();
    this.#beat = Date.now();
    return value;
  }

  async #stream(bucket: R2Bucket | undefined, key: string, owner: number): Promise<void> {
    if (!bucket)
      throw new ServiceError(
        'model-bucket-missing',
        'expected an R2 bucket bound as MODELS, found none; add [[r2_buckets]] to wrangler.toml',
      );
    const { stream, partial } = await this.#open(bucket, key, owner);
    try {
      const digest = new crypto.DigestStream('SHA-256');
      const writer = digest.getWriter();
      const total = partial.engine.weightBytes;
      // What an earlier owner read is hashed from memory: a digest stream dies with its request, too.
      const { chunkBytes } = this.#settings;
      for (let from = 0; from < partial.offset; from += chunkBytes)
        await this.#step(
          owner,
          writer.write(partial.engine.weights(from, Math.min(chunkBytes, partial.offset - from)).slice()),
        );
      while (partial.offset < total) {
        const chunk = await this.#step(owner, stream.read(total - partial.offset));
        // By R2's own word the object is longer: the connection broke, and a ranged read goes on from here.
        if (chunk.byteLength === 0) throw new Error(`model ${key}: the stream ended at ${partial.offset}`);
        partial.engine.weights(partial.offset, chunk.byteLength).set(chunk);
        partial.offset += chunk.byteLength;
        await this.#step(owner, writer.write(chunk));
      }
      await this.#step(owner, writer.close());
      const found = hexOf(await this.#step(owner, digest.digest));
      this.#loading = undefined;
      const { sha256 } = partial.engine.info;
      if (found !== sha256) this.#spare = partial.engine;
      if (found !== sha256)
        throw this.#foundDamaged(
          key,
          partial.etag,
          new ServiceError(
            'model-checksum',
            `model ${key}: expected SHA-256 ${sha256}, found ${found}; upload it again: npm run weights -- push`,
          ),
        );
      const unusable = partial.engine.unusableWeights();
      if (unusable !== undefined) {
        this.#spare = partial.engine;
        throw this.#foundDamaged(key, partial.etag, damaged(key, unusable));
      }
      this.#ready = partial.engine;
    } finally {
      await stream.cancel();
    }
  }

  /** Opens the object: from its start, or where the owner before stopped if it still is the same object. */
  async #open(
    bucket: R2Bucket,
    key: string,
    owner: number,
  ): Promise<{ stream: ObjectStream; partial: Loading }> {
    const resumed = this.#loading;
    if (resumed) {
      this.reads++;
      const range = { offset: resumed.dataStart + resumed.offset };
      const object = await this.#step(
        owner,
        bucket.get(key, { range, onlyIf: { etagMatches: resumed.etag } }),
      );
      if (object && 'body' in object)
        return { stream: new ObjectStream(object.body, this.#settings.chunkBytes), partial: resumed };
      this.#loading = undefined;
      this.#spare = resumed.engine;
      throw new Error(`model ${key} changed while it was read`);
    }
    const known = this.#damaged.of(key);
    const object = await this.#step(
      owner,
      known ? bucket.get(key, { onlyIf: { etagDoesNotMatch: known.etag } }) : bucket.get(key),
    );
    if (known && object && !('body' in object)) throw known.error;
    this.reads++;
    if (!object || !('body' in object))
      throw new ServiceError(
        'model-missing',
        `expected the object ${key} in the model bucket, found none; upload it: npm run weights -- push`,
      );
    const stream = new ObjectStream(object.body, this.#settings.chunkBytes);
    try {
      const partial = await this.#readHeader(key, object, stream, owner);
      this.#loading = partial;
      return { stream, partial };
    } catch (error) {
      await stream.cancel();
      throw error instanceof ServiceError ? this.#foundDamaged(key, object.etag, error) : error;
    }
  }

  async #readHeader(
    key: string,
    object: R2ObjectBody,
    stream: ObjectStream,
    owner: number,
  ): Promise<Loading> {
    const first = (await this.#step(owner, stream.read(8))).slice();
    const dataStart = understood(key, () => headerEnd(first, MAX_HEADER_BYTES));
    const bytes = new Uint8Array(dataStart);
    bytes.set(first);
    const rest = await this.#step(owner, stream.read(dataStart - first.byteLength));
    bytes.set(rest, first.byteLength);
    if (object.size < dataStart)
      throw truncated(key, `expected a header of ${dataStart} bytes, found ${object.size}`);
    // The connection ended, not the object: the next try may have more luck.
    if (first.byteLength + rest.byteLength < dataStart)
      throw new Error(`model ${key}: the stream ended within its header`);
    checkHeader(key, await this.#step(owner, sha256Hex(bytes)));
    const header = understood(key, () => parseHeader(bytes));
    const engine = understood(key, () => this.#engineFor(key, header));
    if (object.size !== dataStart + header.dataBytes)
      throw truncated(key, `expected ${dataStart + header.dataBytes} bytes, found ${object.size}`);
    return { engine, etag: object.etag, dataStart, offset: 0 };
  }

  /** An engine with memory for the model, once everything that its header says is known to be possible. */
  #engineFor(key: string, header: SafetensorsHeader): Engine {
    const info = modelInfoOf(header);
    checkTiles(info.tiles, Engine.tiles(this.#module));
    checkRanges(info);
    const expected = Engine.tensors(info);
    const found = [...header.tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
    if (JSON.stringify(expected) !== JSON.stringify(found))
      throw damaged(key, 'its tensors are not those that its network needs');
    const engine = this.#spare?.adopt(info) ? this.#spare : new Engine(this.#module, info);
    this.#spare = undefined;
    return engine;
  }

  /** Remembers what will be no better at the next reading. */
  #foundDamaged(key: string, etag: string, error: ServiceError): ServiceError {
    this.#damaged.remember(key, etag, error);
    return error;
  }
}

function damaged(key: string, reason: string, cause?: unknown): ServiceError {
  return new ServiceError(
    'model-damaged',
    `model ${key}: ${reason}; upload it again: npm run weights -- push`,
    {
      cause,
    },
  );
}

function truncated(key: string, reason: string): ServiceError {
  return new ServiceError(
    'model-truncated',
    `model ${key}: ${reason}; upload it again: npm run weights -- push`,
  );
}

/** What is made of a header's bytes alone. A failure is the file's: to read it again would not help. */
function understood<T>(key: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw damaged(key, error instanceof Error ? error.message.slice(0, 300) : 'malformed', error);
  }
}
