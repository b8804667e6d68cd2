// The one list of the dialects. Nothing outside of a dialect's folder but this line knows it.
import type { ErrorForm } from '../problem.ts';
import { PROBLEM_FORM } from '../problem.ts';
import type { Dialect } from './dialect.ts';
import { huggingFace } from './hugging-face/index.ts';
import { openInference } from './open-inference/index.ts';
import { tensorflowServing } from './tensorflow-serving/index.ts';
import { workersAi } from './workers-ai/index.ts';

export const DIALECTS: readonly Dialect[] = [huggingFace, workersAi, tensorflowServing, openInference];

/** How errors look at an address. */
export function errorFormAt(path: string): ErrorForm {
  const owner = DIALECTS.find(({ errors }) =>
    errors?.prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)),
  );
  return owner?.errors?.form ?? PROBLEM_FORM;
}
