// Formats that are not decoded here, by Cloudflare's Images binding: shrunk to at most 2048 pixels a side
// and asked for as PNG, which both the deployed and the local binding can give, and which our own decoder
// then reads. The binding turns a picture upright by itself.
import { ServiceError } from '../errors.ts';
import { Upload } from '../isolate/upload.ts';

const LONGEST_SIDE = 2048;

export async function viaImages(source: Upload, images: ImagesBinding): Promise<ReadableStream<Uint8Array>> {
  let refused: ServiceError | undefined;
  const body = new Upload({
    read: () =>
      source.read().catch((error: unknown) => {
        if (error instanceof ServiceError) refused = error;
        throw error;
      }),
    cancel: (reason?: unknown) => source.cancel(reason),
  }).stream();
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
