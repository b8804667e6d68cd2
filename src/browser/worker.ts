// The page's web worker: classifies, teaches and finds alike, one question after the other. Where the browser does not
// know relaxed SIMD it runs the kernels that do without; they give the same bits, too.
import { Album } from './album.ts';
import { LocalEngine } from './local-engine.ts';
import type { Answer, FromWorker, Question, Source, ToWorker } from './messages.ts';
import { Teaching } from './teaching.ts';

/** Beside this script, in the folder that is named for what lies in it. */
const beside = (name: string) => new URL(name, import.meta.url).href;
const KERNELS = ['kernels.relaxed.wasm', 'kernels.simd128.wasm'].map(beside);

let kernels: Promise<WebAssembly.Module> | undefined;
let engine: LocalEngine | undefined;
const teaching = new Teaching();
const album = new Album();

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

function kernelsModule(): Promise<WebAssembly.Module> {
  kernels ??= compileKernels();
  kernels.catch(() => {
    kernels = undefined;
  });
  return kernels;
}

/** Throws Error before the weights are there. */
function opened(): LocalEngine {
  if (!engine) throw new Error('The weights are not there yet.');
  return engine;
}

async function layersOf(source: Source): Promise<Readonly<Record<string, Float32Array>>> {
  if (source.kind === 'activations') return source.layers;
  const local = opened();
  return local.activations(await local.pixels(source));
}

async function embeddingOf(source: Source): Promise<Float32Array> {
  if (source.kind !== 'activations') return opened().run(await opened().pixels(source)).embedding;
  return Object.values(source.layers).at(-1) ?? new Float32Array(0);
}

async function classify(source: Source): Promise<Answer> {
  const local = opened();
  if (source.kind === 'activations') throw new Error('Expected a photo to classify, got activations.');
  const started = performance.now();
  const picture = source.kind === 'file' ? await local.decode(source.file, source.fit) : undefined;
  const pixels = picture?.pixels ?? (await local.pixels(source));
  const decoded = performance.now();
  const { logits, probabilities } = local.run(pixels);
  return {
    kind: 'answer',
    logits,
    probabilities,
    image: picture && {
      format: picture.format,
      width: picture.width,
      height: picture.height,
      orientation: picture.orientation,
    },
    pixels: picture?.pixels,
    decodeMs: decoded - started,
    inferenceMs: performance.now() - decoded,
  };
}

async function open({ model, sha256, token }: Extract<Question, { kind: 'open' }>): Promise<Answer> {
  const progress = (bytes: number, of: number) => say({ kind: 'progress', bytes, of });
  const decode = bytesOf(beside('decode.wasm')).then((bytes) => WebAssembly.compile(bytes));
  engine ??= await LocalEngine.open(kernelsModule(), decode, { model, sha256, token, progress });
  return { kind: 'ready', bytes: engine.bytes, cached: engine.cached, size: engine.inputSize };
}

async function answer(question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'open':
      return open(question);
    case 'classify':
      return classify(question.source);
    case 'learn':
      return { kind: 'said', said: teaching.learn(question.photo, await layersOf(question.source)) };
    case 'forget':
      teaching.forget(question.photos);
      return { kind: 'done' };
    case 'train':
      return teaching.train(await kernelsModule(), question);
    case 'ask':
      return { kind: 'said', said: teaching.ask(await layersOf(question.source)) };
    case 'remember':
      if (question.first) album.clear();
      album.add(question.photo, await embeddingOf(question.source));
      return { kind: 'done' };
    case 'alike': {
      const of = typeof question.of === 'number' ? question.of : await embeddingOf(question.of);
      return { kind: 'alike', photos: album.alike(await kernelsModule(), of, question.count) };
    }
  }
}

Reflect.set(globalThis, 'onmessage', ({ data: { id, ...question } }: { data: ToWorker }) => {
  answer(question).then(
    (found) => say({ ...found, id }),
    (error: unknown) =>
      say({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) }),
  );
});
