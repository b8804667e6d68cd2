// The page's web worker: the same decoder, engine and weights as on the server, hence the same bits. Where the
// browser does not know relaxed SIMD it runs the kernels that do without; they give the same bits, too.
import type { Engine } from '../engine/engine.ts';
import { ImageDecoder } from '../image/decoder.ts';
import { imageLimits } from '../image/limits.ts';
import type { Picture } from '../image/picture.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { fetchModel, forgetModel, keepModel, openEngine } from './model-fetch.ts';

/** Beside this script, in the folder that is named for what lies in it. */
const beside = (name: string) => new URL(name, import.meta.url).href;
const KERNELS = ['kernels.relaxed.wasm', 'kernels.simd128.wasm'].map(beside);

let engine: Engine | undefined;
let decoder: ImageDecoder | undefined;

function say(message: FromWorker): void {
  postMessage(message);
}

async function bytesOf(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} could not be fetched: status ${response.status}.`);
  return response.arrayBuffer();
}

/** The first module that this browser can compile. Throws Error in words. */
async function compileKernels(): Promise<WebAssembly.Module> {
  for (const address of KERNELS) {
    const bytes = await bytesOf(address);
    if (WebAssembly.validate(bytes)) return WebAssembly.compile(bytes);
  }
  throw new Error('This browser does not know WebAssembly SIMD.');
}

async function open({ model, sha256, token }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
  const progress = (bytes: number, of: number) => say({ kind: 'progress', bytes, of });
  const [kernels, decode, file] = await Promise.all([
    compileKernels(),
    bytesOf(beside('decode.wasm')).then((bytes) => WebAssembly.compile(bytes)),
    fetchModel({ model, sha256, token, progress }),
  ]);
  decoder = new ImageDecoder(decode);
  engine = await openEngine(kernels, file.bytes).catch(async (error: unknown) => {
    await forgetModel(model, sha256);
    throw error;
  });
  if (!file.cached) await keepModel(model, sha256, file.bytes);
  say({ kind: 'ready', bytes: file.bytes.length, cached: file.cached, size: engine.inputSize });
}

async function decodeFile(file: Blob, fit: 'resize' | 'none', { info }: Engine): Promise<Picture> {
  if (!decoder) throw new Error('The decoder is not there yet.');
  const { preprocess } = info;
  return decoder.decode(new Uint8Array(await file.arrayBuffer()), {
    preprocess: fit === 'none' ? { ...preprocess, resize: 'warp', resizeTo: preprocess.crop } : preprocess,
    limits: imageLimits({}),
    exif: 'apply',
    area: 'crop',
  });
}

function rgb(rgba: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3)
    pixels.set(rgba.subarray(from, from + 3), to);
  return pixels;
}

async function answer(message: Exclude<ToWorker, { kind: 'open' }>): Promise<void> {
  if (!engine) throw new Error('The weights are not there yet.');
  const started = performance.now();
  const picture =
    message.kind === 'classify' ? await decodeFile(message.file, message.fit, engine) : undefined;
  const pixels = message.kind === 'frame' ? rgb(message.rgba) : picture?.pixels;
  const decoded = performance.now();
  const [prediction] = pixels ? engine.run([pixels]) : [];
  if (!prediction) throw new Error('The engine gave no prediction.');
  say({
    kind: 'answer',
    id: message.id,
    logits: prediction.logits,
    probabilities: prediction.probabilities,
    image: picture && {
      format: picture.format,
      width: picture.width,
      height: picture.height,
      orientation: picture.orientation,
    },
    pixels: picture?.pixels,
    decodeMs: decoded - started,
    inferenceMs: performance.now() - decoded,
  });
}

Reflect.set(globalThis, 'onmessage', ({ data }: { data: ToWorker }) => {
  const work = data.kind === 'open' ? open(data) : answer(data);
  work.catch((error: unknown) =>
    say({
      kind: 'failed',
      ...(data.kind === 'open' ? {} : { id: data.id }),
      message: error instanceof Error ? error.message : String(error),
    }),
  );
});
