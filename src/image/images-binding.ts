// Formats that are not decoded here, by Cloudflare's Images binding: shrunk to at most 2048 pixels a side
// and asked for as PNG, which both the deployed and the local binding can give, and which our own decoder
// then reads. The binding turns a picture upright by itself.
import { ServiceError } from '../errors.ts';
import type { Source } from './source.ts';

const LONGEST_SIDE = 2048;

export async function viaImages(source: Source, images: ImagesBinding): Promise<ReadableStream<Uint8Array>> {
  let refused: ServiceError | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const chunk = await source.read();
        // The source's next read uses the same buffer.
        if (chunk) controller.enqueue(chunk.slice());
        else controller.close();
      } catch (error) {
        if (error instanceof ServiceError) refused = error;
        controller.error(error);
      }
    },
  });
  try {
    const result = await images
      .input(body)
      .transform({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'scale-down' })
      .output({ format: 'image/png' });
    return result.image();
  } catch (error) {
    // The binding wraps what the upload itself was refused for.
    if (refused) throw refused;
    throw new ServiceError('damaged-image', 'The image could not be decoded by the Images binding.', {
      cause: error,
    });
  }
}
