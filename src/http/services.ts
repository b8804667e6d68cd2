// What lives as long as the isolate, and how one request reaches it.

import type { ImageReader, ModelSupply } from '../classify/classify.ts';
import type { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import type { Admission, Ticket } from '../isolate/admission.ts';
import type { ModelLoader, WaitUntil } from '../model/loader.ts';
import type { Bindings } from './bindings.ts';

export interface Services {
  admission: Admission;
  loader: ModelLoader;
  decoder: ImageDecoder;
}

/** The model, for one request: its bucket, and the waitUntil that keeps a load going. */
export function modelSupply({ loader }: Services, env: Bindings, waitUntil: WaitUntil): ModelSupply {
  const key = env.MODEL ?? '';
  return {
    describe: () => loader.describe(env.MODELS, key, waitUntil),
    load: () => loader.load(env.MODELS, key, waitUntil),
    drop: () => loader.drop(),
    get reads() {
      return loader.reads;
    },
    get warm() {
      return loader.engine !== undefined;
    },
  };
}

/** The decoder, for one request: its limits, and what its ticket says. @param ticket none for a GET */
export function imageReader({ decoder }: Services, env: Bindings, ticket?: Ticket): ImageReader {
  return {
    decoder,
    limits: imageLimits(env),
    ...(env.IMAGES ? { images: env.IMAGES } : {}),
    ...(ticket ? { large: ticket.large, hold: ticket.hold } : {}),
  };
}
