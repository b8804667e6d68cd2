// `push FILE`: a packed model into the bucket, and its key into wrangler.toml.

import { readPackedFile } from '../../weights/packed/file.ts';
import { putLocal, withLocalBucket } from '../bucket.ts';
import { readConfig, useModel } from '../config.ts';
import { provideModel } from '../deploy/steps.ts';
import { wrangler } from '../deploy/wrangler.ts';
import { withProgress } from '../progress.ts';

export interface PushCommand {
  /** The account's bucket instead of the local one. */
  remote?: boolean;
  /** Name the model in wrangler.toml. */
  use: boolean;
}

/** Throws OperatorError. */
export async function pushFile(file: string, { remote, use }: PushCommand): Promise<void> {
  const packed = await readPackedFile(file);
  const { model, bucketName } = await readConfig();
  if (remote) {
    const print = (line: string) => console.log(`bucket ${bucketName}: ${line.trim()}`);
    await provideModel({ wrangler, settings: { bucket: bucketName }, print }, packed, true);
  } else {
    const stored = await withLocalBucket((bucket) =>
      withProgress('storing', (update) => putLocal(bucket, packed, update)),
    );
    console.log(`local bucket ${bucketName}: ${packed.key} ${stored ? 'stored' : 'was there already'}`);
  }
  if (!use || model === packed.key) return;
  await useModel(packed.key);
  console.log(`wrangler.toml: MODEL = "${packed.key}" (before: "${model}")`);
}
