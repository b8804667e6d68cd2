// `push FILE`: a packed model into the bucket, and its key into wrangler.toml. The file is looked at before wrangler is
// loaded, which takes seconds.
import { readPackedFile } from '../../weights/packed/file.ts';
import { readConfig, useModel } from '../config.ts';
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
    const [{ provideModel }, { wrangler }] = await Promise.all([
      import('../deploy/steps.ts'),
      import('../deploy/wrangler.ts'),
    ]);
    const print = (line: string) => console.log(`bucket ${bucketName}: ${line.trim()}`);
    await provideModel({ wrangler, settings: { bucket: bucketName }, print }, packed, true);
  } else {
    const { putLocal, withLocalBucket } = await import('../bucket.ts');
    const stored = await withLocalBucket((bucket) =>
      withProgress('storing', (update) => putLocal(bucket, packed, update)),
    );
    console.log(`local bucket ${bucketName}: ${packed.key} ${stored ? 'stored' : 'was there already'}`);
  }
  if (!use || model === packed.key) return;
  await useModel(packed.key);
  console.log(`wrangler.toml: MODEL = "${packed.key}" (before: "${model}")`);
}
