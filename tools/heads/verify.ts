// `verify DIR`: photos that the head has not seen, in a folder a class, classified and counted.
import { checkBackbone } from '../../src/heads/file.ts';
import { type Head, predict } from '../../src/heads/head.ts';
import { argmax } from '../../src/heads/known.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import type { PackedFile } from '../../weights/packed/file.ts';
import { withProgress } from '../progress.ts';
import { extract } from './extract.ts';
import { labelledPhotos } from './photos.ts';
import { confusion, shareLine } from './report.ts';

const REJECT = 0.05;

/** Prints accuracy and confusions. Throws OperatorError for a class that the head does not know, ServiceError head-backbone. */
export async function verifyFolder(folder: string, packed: PackedFile, head: Head): Promise<void> {
  checkBackbone(head, packed.info);
  const { labels, layer } = head.facts;
  const photos = await labelledPhotos(folder);
  for (const { label } of photos)
    if (label !== undefined && !labels.includes(label))
      throw new OperatorError(
        `folder ${label}: expected a class of the head (${labels.join(', ').slice(0, 200)}), found another`,
      );
  const replies = await withProgress('reading photos', (progress) =>
    extract(
      photos.map(({ file }) => file),
      { model: packed.path, layers: [layer], float: true, progress },
    ),
  );
  const pairs: { label: number; predicted: number }[] = [];
  let rejected = 0;
  let strangers = 0;
  let found = 0;
  replies.forEach(({ file, activations, problem }, i) => {
    const [x] = activations ?? [];
    if (!x) {
      console.error(`skipped ${file}: ${problem}`);
      return;
    }
    const { logits, known } = predict(head, x);
    const label = photos[i]?.label;
    if (label === undefined) {
      strangers++;
      if (known < REJECT) found++;
      return;
    }
    if (known < REJECT) rejected++;
    pairs.push({ label: labels.indexOf(label), predicted: argmax(logits) });
  });
  const right = pairs.filter(({ label, predicted }) => label === predicted).length;
  if (pairs.length > 0)
    process.stdout.write(
      shareLine('accuracy', right, pairs.length) +
        `\n${labels.length <= 20 ? confusion(labels, pairs) : ''}\n` +
        shareLine(`called none of these at reject=${REJECT}`, rejected, pairs.length),
    );
  if (strangers > 0)
    process.stdout.write(shareLine(`photos of none/ found at reject=${REJECT}`, found, strangers));
}
