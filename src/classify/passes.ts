// What a pass is run over, and how: the crops of a picture in each light; the model, or heads on its layers, with or without
// dropout.
import type { Dropout } from '../engine/dropout.ts';
import type { Engine, Without } from '../engine/engine.ts';
import type { ServedHead } from '../heads/catalog.ts';
import { release } from '../image/pixels.ts';
import { PHOTO_COLORS } from '../network/colors.ts';
import type { ModelInfo } from '../network/model-info.ts';
import type { ReadOptions } from './classifier.ts';
import { headLayers, headPredictions } from './heads.ts';
import { colorShift, shifted } from './relight.ts';
import type { Outcome } from './said.ts';
import { tenCrops } from './ten-crop.ts';

/** What an engine says of pictures, each under each mask. */
export type Run = (engine: Engine, pictures: readonly Uint8Array[]) => Outcome[];

/** The whole network. */
export function modelRun(dropout: Dropout | undefined, without: Without | undefined): Run {
  return (engine, pictures) =>
    dropout
      ? engine.runDropped(pictures, dropout, without).map((passes) => passes.map((each) => [each]))
      : engine.run(pictures, undefined, without).map((each) => [[each]]);
}

/** As far as the heads' layers, and the heads. */
export function headsRun(
  heads: readonly ServedHead[],
  dropout: Dropout | undefined,
  without: Without | undefined,
): Run {
  const layers = headLayers(heads);
  return (engine, pictures) =>
    (dropout
      ? engine.activationsDropped(pictures, layers, dropout, without)
      : engine.activations(pictures, layers, without).map((each) => [each])
    ).map((passes) => passes.map((vectors) => headPredictions(heads, vectors)));
}

/** The crops of a picture in one light; `done` gives the memory of copies back. @param pixels u8 RGB [size][size][3] */
export function viewsOf(
  pixels: Uint8Array,
  size: number,
  { crops, relight }: ReadOptions,
  { colors = PHOTO_COLORS, preprocess }: ModelInfo,
  copy: number,
): { seen: Uint8Array[]; done(): void } {
  const square = relight ? shifted(pixels, colorShift(colors, relight.seed, copy)) : pixels;
  const seen = crops === 10 ? [...tenCrops(square, size, preprocess.crop)] : [square];
  return {
    seen,
    done() {
      for (const view of seen) if (view !== pixels) release(view);
      if (relight) release(square);
    },
  };
}
