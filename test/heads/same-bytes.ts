// A head whose checksum is known: whatever trains it must get these bytes.
import { encodeHead } from '../../src/heads/file.ts';
import { type DotProducts, train } from '../../src/heads/train.ts';
import { OPTIONS, someExamples } from './examples.ts';

export const SHA256 = 'bc382d43ba74e8b013588b63c0dc62b198e1a9ce2d76719bef724d2fb2b50d8c';

export async function headSha256(dotProducts: DotProducts): Promise<string> {
  const examples = someExamples(['a', 'b', 'c', undefined], 25, 90, 2);
  return (await encodeHead(train(examples, { ...OPTIONS, dotProducts }).head)).sha256;
}
