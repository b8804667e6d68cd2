// From an upload to the network's picture: sniff, limits, decode while bytes arrive, turn upright.
import { ServiceError } from '../errors.ts';
import { type Region, region, upright } from './geometry.ts';
import { NATIVE_FORMATS, type NativeFormat, type StoredHeader } from './instance.ts';
import type { ImageLimits } from './limits.ts';
import type { DecodeOptions, ImageFormat, Picture } from './picture.ts';
import { DecoderPool } from './pool.ts';
import { SNIFF_BYTES, sniff } from './sniff.ts';
import { Source } from './source.ts';

const POOL_SIZE = 4;

/** Refuses a picture whose header exceeds the limits. */
export function checkHeader(header: StoredHeader, limits: ImageLimits): void {
  const { width, height } = header;
  if (width > limits.side || height > limits.side)
    throw new ServiceError(
      'too-many-pixels',
      `Expected sides up to ${limits.side}, got ${width} x ${height}.`,
      {
        members: { limit: { side: limits.side } },
      },
    );
  if (width * height > limits.pixels)
    throw new ServiceError(
      'too-many-pixels',
      `Expected up to ${limits.pixels} pixels, got ${width} x ${height}.`,
      {
        members: { limit: { pixels: limits.pixels } },
      },
    );
}

export class ImageDecoder {
  #pool: DecoderPool;

  constructor(module: WebAssembly.Module, poolSize = POOL_SIZE) {
    this.#pool = new DecoderPool(module, poolSize);
  }

  /**
   * Decodes one file. ServiceError: empty-body, unsupported-image, damaged-image, too-many-bytes,
   * too-many-pixels, too-complex. An error of the stream itself passes through unchanged.
   */
  async decode(body: ReadableStream<Uint8Array> | Uint8Array, options: DecodeOptions): Promise<Picture> {
    const source = new Source(body, options.limits.bytes);
    try {
      const head = await source.peek(SNIFF_BYTES);
      if (head.length === 0)
        throw new ServiceError('empty-body', 'Expected the bytes of an image, got none.');
      const format = sniff(head);
      const picture = await this.#decodeAs(format, source, options);
      // The client is still sending when the crop's last row is there. An answer before the end of the
      // request makes some clients fail with a broken pipe, so the little that is left is read and dropped.
      await source.drain();
      return { ...picture, bytes: source.bytes };
    } catch (error) {
      await source.cancel(error);
      throw error;
    }
  }

  #decodeAs(format: ImageFormat | undefined, source: Source, options: DecodeOptions): Promise<Picture> {
    if (format && format in NATIVE_FORMATS) return this.#stream(format as NativeFormat, source, options);
    throw new ServiceError('unsupported-image', 'Expected a JPEG image.');
  }

  async #stream(format: NativeFormat, source: Source, options: DecodeOptions): Promise<Picture> {
    const lease = await this.#pool.lease();
    let usable = false;
    try {
      const { instance } = lease;
      const plan = ({ width, height, orientation }: StoredHeader): Region => {
        checkHeader({ width, height, orientation }, options.limits);
        const turn = options.exif === 'apply' ? orientation : 1;
        return region(width, height, turn, options.preprocess, options.area);
      };
      instance.open(format, options.limits, plan);
      // Until a trap, or an error of the stream, shows otherwise; `open` forgets an unfinished picture.
      usable = true;
      for (let done = false; !done; ) {
        const chunk = await source.read();
        this.#pool.touch(lease);
        usable = false;
        done = instance.write(chunk ?? new Uint8Array(0), chunk === undefined);
        usable = true;
      }
      const { width, height, orientation } = instance.header();
      const turn = options.exif === 'apply' ? orientation : 1;
      const size = options.area === 'square' ? options.preprocess.resizeTo : options.preprocess.crop;
      const pixels = upright(instance.pixels(), size, turn);
      return { pixels, size, format, width, height, orientation, bytes: source.bytes };
    } catch (error) {
      if (error instanceof ServiceError) usable = true;
      if (error instanceof WebAssembly.RuntimeError)
        throw new ServiceError('damaged-image', `The ${format} file is damaged.`, { cause: error });
      throw error;
    } finally {
      this.#pool.release(lease, usable);
    }
  }
}
