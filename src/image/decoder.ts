// From an upload to the network's picture: sniff, limits, decode while bytes arrive, turn upright.
// The native formats stream through decode.wasm; what is not decoded here goes through the Images binding where there is
// one.
import { ServiceError } from '../errors.ts';
import { Upload } from '../isolate/upload.ts';
import {
  FORMATS,
  hasLateOrientation,
  type ImageFormat,
  isNative,
  type NativeFormat,
  nativeNames,
  SNIFF_BYTES,
  sniff,
} from './formats.ts';
import { anyRegion, cut, type Region, region, upright } from './geometry.ts';
import { viaImages } from './images-binding.ts';
import type { StoredHeader } from './instance.ts';
import type { ImageLimits } from './limits.ts';
import type { DecodeOptions, Picture } from './picture.ts';
import { DecoderPool } from './pool.ts';
import { decodeWork, nanosecondsAPixel, pieceWork, sliceBytes } from './work.ts';

/** So much of an upload is in hand before it takes a decoder: most photos of the web are smaller. */
const GATHERED_BYTES = 128 << 10;
const ACCEPTED = nativeNames();
const CONVERT = 'send the photo as JPEG, which the program that made it can save or export';
const BIND = 'bind Cloudflare Images as IMAGES (docs/OPERATIONS.md) to read AVIF and HEIC';

function tooManyPixels(expected: string, { width, height }: StoredHeader, limit: object): ServiceError {
  return new ServiceError('too-many-pixels', `Expected ${expected}, got ${width} x ${height} pixels.`, {
    members: { limit },
  });
}

/** Refuses a picture whose header exceeds the limits. */
function checkHeader(header: StoredHeader, { side, pixels }: ImageLimits): void {
  if (Math.max(header.width, header.height) > side)
    throw tooManyPixels(`sides up to ${side}`, header, { side });
  if (header.width * header.height > pixels)
    throw tooManyPixels(`up to ${pixels} pixels`, header, { pixels });
}

export class ImageDecoder {
  #pool: DecoderPool;

  /** `module`: build/decode.wasm. */
  constructor(module: WebAssembly.Module) {
    this.#pool = new DecoderPool(module);
  }

  /**
   * Decodes one file. ServiceError: empty-body, unsupported-image, damaged-image, too-many-bytes,
   * too-many-pixels, too-much-work, too-complex, decoder-trap; too-slow and too-many-requests with a budget. An error
   * of the stream itself passes through unchanged.
   */
  async decode(
    body: Upload | ReadableStream<Uint8Array> | Uint8Array,
    options: DecodeOptions,
  ): Promise<Picture> {
    const source = Upload.from(body).limit(options.limits.bytes, 'image');
    try {
      const head = await source.peek(SNIFF_BYTES);
      if (head.length === 0)
        throw new ServiceError('empty-body', 'Expected the bytes of an image, got none.');
      const format = sniff(head);
      // Before more is read: a piece is valid until then.
      const nanoseconds = nanosecondsAPixel(format ?? 'png', head);
      // A slow client keeps no decoder while its first bytes trickle in.
      if (options.budget) await source.gather(GATHERED_BYTES);
      const picture = await this.#decodeAs(format, source, options, nanoseconds);
      // The client is still sending when the crop's last row is there. An answer before the end of the
      // request makes some clients fail with a broken pipe, so the little that is left is read and dropped.
      await source.skip();
      return { ...picture, bytes: source.bytes };
    } catch (error) {
      await source.cancel(error);
      throw error;
    }
  }

  async #decodeAs(
    format: ImageFormat | undefined,
    source: Upload,
    options: DecodeOptions,
    nanoseconds: number,
  ): Promise<Picture> {
    if (!format)
      throw new ServiceError('unsupported-image', `Expected ${ACCEPTED}; the file starts like none of them.`);
    if (isNative(format)) return this.#stream(format, format, source, options, nanoseconds);
    if (options.images) return this.#viaImages(format, source, options, options.images);
    throw new ServiceError(
      'unsupported-image',
      `${FORMATS[format].name} is not read here: expected ${ACCEPTED}; ${CONVERT}.`,
      { hint: BIND },
    );
  }

  async #viaImages(
    format: ImageFormat,
    source: Upload,
    options: DecodeOptions,
    images: ImagesBinding,
  ): Promise<Picture> {
    const png = new Upload(await viaImages(source, images), { limit: options.limits.pixels, what: 'image' });
    return this.#stream('png', format, png, options, nanosecondsAPixel('png'));
  }

  async #stream(
    native: NativeFormat,
    format: ImageFormat,
    chunks: Upload,
    options: DecodeOptions,
    nanoseconds: number,
  ) {
    const { budget } = options;
    const { announced } = chunks;
    const lease = await this.#pool.lease(budget);
    // Only a trap makes an instance unusable: `open` forgets whatever an upload has left unfinished.
    let usable = true;
    let workMs: number | undefined;
    let kept: Region | undefined;
    try {
      const { instance } = lease;
      const turn = (header: StoredHeader): number => (options.exif === 'apply' ? header.orientation : 1);
      const plan = (header: StoredHeader): Region => {
        checkHeader(header, options.limits);
        workMs = decodeWork(header, nanoseconds);
        budget?.charge(workMs, 'decoding');
        const { width, height } = header;
        const late = options.exif === 'apply' && hasLateOrientation(native);
        kept = late
          ? anyRegion(width, height, options.preprocess, options.area)
          : region(width, height, turn(header), options.preprocess, options.area);
        return kept;
      };
      instance.open(native, format, options.limits, plan, options.damaged);
      for (let done = false; !done; ) {
        const chunk = (await chunks.read()) ?? new Uint8Array(0);
        const last = chunk.length === 0;
        let at = 0;
        do {
          const piece = chunk.subarray(at, at + sliceBytes(workMs, announced));
          // Other requests get their turns between pieces of a large picture's work.
          await budget?.turn(pieceWork(workMs, piece.length, announced));
          this.#pool.use(lease);
          done = instance.write(piece, last);
          at += piece.length;
        } while (!done && at < chunk.length);
      }
      const header = instance.header();
      const wanted = region(header.width, header.height, turn(header), options.preprocess, options.area);
      const size = wanted.columns;
      const pixels = upright(cut(instance.pixels(), kept ?? wanted, wanted), size, turn(header));
      return { pixels, size, format, ...header, warnings: instance.warnings(), bytes: 0 };
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      usable = false;
      throw new ServiceError(
        'decoder-trap',
        `decoding the ${format} file trapped; the next gets a fresh decoder`,
        {
          cause: error,
        },
      );
    } finally {
      this.#pool.release(lease, usable);
    }
  }
}
