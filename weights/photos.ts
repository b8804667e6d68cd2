// Photos of a folder as a network's input, decoded, resized and cropped by the Worker's own decoder; and which class each
// one shows, where its folder or a list says so.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ServiceError } from '../src/errors.ts';
import { ImageDecoder } from '../src/image/decoder.ts';
import { imageLimits } from '../src/image/limits.ts';
import type { Label, Preprocess } from '../src/network/preprocess.ts';
import { inWords, OperatorError } from './operator-error.ts';

const ROOT = path.join(import.meta.dirname, '..');

/** Photos in `folder` and below, sorted; with a limit, spread evenly. Throws OperatorError where there is none. */
export function listPhotos(folder: string, limit = Number.POSITIVE_INFINITY): string[] {
  let files: string[];
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new OperatorError(
      `${folder}: expected a folder of photos, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  const photos = files.filter((file) => /\.(jpe?g|png|webp|gif|bmp)$/i.test(file)).sort();
  if (photos.length === 0)
    throw new OperatorError(`${folder}: expected photos, found ${files.length} other files`);
  if (!(limit >= 1)) throw new OperatorError(`--limit: expected at least 1, found ${limit}`);
  const count = Math.min(limit, photos.length);
  return Array.from({ length: count }, (_, i) =>
    path.join(folder, photos[Math.floor((i * photos.length) / count)] as string),
  );
}

function compiled(file: string): WebAssembly.Module {
  try {
    // The Worker's types declare the constructor abstract; Node has it.
    return Reflect.construct(WebAssembly.Module, [readFileSync(path.join(ROOT, file))]);
  } catch (error) {
    throw new OperatorError(
      `${file}: expected the decoder, found ${(error as Error).message}: npm run build`,
    );
  }
}

let decoder: ImageDecoder | undefined;

/** The picture u8 RGB [crop][crop][3]. Throws OperatorError for a file that is no photo. */
export async function loadPhoto(file: string, preprocess: Preprocess): Promise<Uint8Array> {
  decoder ??= new ImageDecoder(compiled('build/decode.wasm'));
  try {
    const options = { preprocess, exif: 'apply', area: 'crop', limits: imageLimits({}) } as const;
    const { pixels } = await decoder.decode(new Uint8Array(readFileSync(file)), options);
    return pixels.slice();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new OperatorError(`${file}: expected a photo, found that ${error.message}`);
  }
}

/**
 * The class that a photo shows: by `truth` (file name -> synset or index), else by its folder's name (n01440764, as
 * ImageNet has them, or the class's words). Undefined where neither says so.
 */
export function classOf(
  photo: string,
  labels: readonly Label[],
  truth?: ReadonlyMap<string, string>,
): number | undefined {
  const given = truth ? truth.get(path.basename(photo)) : path.basename(path.dirname(photo));
  if (given === undefined) return undefined;
  const named = labels.findIndex(({ synset, words }) => synset === given || words === given);
  if (named >= 0) return named;
  return truth && /^\d+$/.test(given) && Number(given) < labels.length ? Number(given) : undefined;
}

/** A list of lines `file class`, the class a synset or an index from 0: Caffe's val.txt. Throws OperatorError. */
export function readTruth(file: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `${file}: expected lines of a photo and its class, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
  const truth = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [, photo, given] = /^(.*\S)[\s,]+(n\d{8}|\d+)\s*$/.exec(line) ?? [];
    if (photo === undefined || given === undefined)
      throw new OperatorError(`${file}: expected a photo and its class on each line, found ${inWords(line)}`);
    truth.set(path.basename(photo), given);
  }
  return truth;
}
