// `classify PHOTO...`: by the library that the package exports.
import { openAsBlob } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { ServiceError } from '../../src/errors.ts';
import { createClassifier } from '../../src/library/classifier.ts';
import { modelOf } from './model.ts';

export interface ClassifyCommand {
  model?: string;
  head?: string;
  topK: number;
  crops?: '1' | '10';
  json?: boolean;
}

/** A photo that cannot be read is one line on standard error, and exit status 1 in the end. */
export async function classifyPhotos(
  photos: readonly string[],
  { model, head, topK, crops, json = false }: ClassifyCommand,
): Promise<void> {
  const packed = await modelOf(model);
  const classifier = await createClassifier({
    model: new Uint8Array(await readFile(packed.path)),
    heads: head === undefined ? [] : [new Uint8Array(await readFile(head))],
  });
  const options = {
    top_k: topK,
    crops: crops === '10' ? (10 as const) : (1 as const),
    head: classifier.heads,
  };
  for (const file of photos)
    try {
      await access(file);
      const answer = await classifier.classify(await openAsBlob(file), options);
      const { predictions, none_of_these: none = false } = answer;
      const words = predictions
        .map(({ label, score }) => `${label} ${(100 * score).toFixed(1)} %`)
        .join(', ');
      console.log(
        json ? JSON.stringify({ file, ...answer }) : `${file}: ${none ? 'none of these; ' : ''}${words}`,
      );
    } catch (error) {
      // An error of the library: its class is another bundle's.
      const refused = error instanceof Error && 'code' in error;
      if (!refused && !(error instanceof ServiceError)) throw error;
      console.error(`${file}: ${error.message}`);
      process.exitCode = 1;
    }
}
