// POST /v1/inspect: what the network sees of a picture (layer=input), and what a layer makes of it, as PNG tiles or
// as numbers. POST /v1/occlusion: which part of the picture mattered. Bodies as for /v1/classify, but for forms.
import { type Context, Hono } from 'hono';
import type * as v from 'valibot';
import { silencedChannels } from '../../classify/silence.ts';
import {
  checkStage,
  type FitOptions,
  fitPicture,
  INPUT,
  inspect,
  type Stage,
  stageNames,
  valueBytes,
} from '../../explain/inspect.ts';
import { type Bitmap, layerPicture, layerPictureBytes } from '../../explain/mosaic.ts';
import { occlude } from '../../explain/occlusion.ts';
import { mostPngBytes, pngBytes } from '../../explain/png.ts';
import type { Picture } from '../../image/picture.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import { PictureBody } from '../body/picture.ts';
import type { AppEnv } from '../context.ts';
import { Later } from '../json-pieces.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { bytesAnswer, jsonAnswer } from '../paced-answer.ts';
import { readSource } from './classify.ts';
import { imageResult, silenceOf } from './classify-result.ts';
import { InspectAnswer, InspectQuery, OcclusionAnswer, OcclusionQuery } from './inspect-schemas.ts';
import { modelName } from './model-name.ts';

const BODY = { image: true, json: { schema: PictureBody, example: { image: EXAMPLE_IMAGE } } };

const PNG = { 'content-type': 'image/png' };

/** The request's picture as the network reads it, once `check` found nothing wrong with what is asked of the model. */
async function readPicture(
  c: Context<AppEnv>,
  options: FitOptions,
  check: (model: ModelInfo) => void,
): Promise<{ model: ModelInfo; picture: Picture }> {
  const { classifier } = c.var;
  const model = await classifier.describe();
  check(model);
  return { model, picture: await fitPicture(await readSource(c), options, classifier, model) };
}

function wantsPng(c: Context<AppEnv>, { format }: v.InferOutput<typeof InspectQuery>): boolean {
  if (format !== undefined) return format === 'png';
  return /\bimage\/(png|\*)/.test(c.req.header('accept') ?? '');
}

/** What a page needs of the answer; the scores of all classes are in the logits. */
const ANSWER = {
  top_k: 5,
  min_score: 0,
  reject: 0.05,
  crops: '1',
  parents: '1',
  exif: 'apply',
  damaged: 'accept',
} as const;

const DATA_URL = 'data:image/png;base64,';

function stagePicture({ name, shape }: Stage, values: Float32Array): Bitmap {
  const { height, width } = shape;
  if (name !== INPUT) return layerPicture(values, shape);
  return { height, width, channels: 3, data: Uint8Array.from(values) };
}

/** Length at most of a stage's picture as a `data:` URL in JSON. */
function dataUrlBytes({ name, shape }: Stage): number {
  const bytes = name === INPUT ? shape.height * shape.width * 3 : layerPictureBytes(shape);
  return DATA_URL.length + Math.ceil(mostPngBytes(bytes) / 3) * 4 + 2;
}

/** Each stage's picture as a `data:` URL, made when it is written. */
function dataUrls(stages: Stage[], values: Map<string, Float32Array>, names: Set<string>) {
  const entries = stages.flatMap((stage): [string, Later<string>][] => {
    const found = names.has(stage.name) ? values.get(stage.name) : undefined;
    if (!found) return [];
    const make = () => `${DATA_URL}${pngBytes(stagePicture(stage, found)).toBase64()}`;
    return [[stage.name, new Later(dataUrlBytes(stage), make)]];
  });
  return Object.fromEntries(entries);
}

function wantedOf(maps: ReadonlySet<string>, layer: string | undefined): ReadonlySet<string> {
  return layer === undefined ? maps : new Set([...maps, layer]);
}

function statistics({ name, type, shape, timeMs, zeros, min, max }: Stage) {
  const { height, width, channels } = shape;
  return { name, type, shape: [height, width, channels], time_ms: timeMs, zeros, min, max };
}

export const inspectRoute = new Hono<AppEnv>()
  .post(
    '/v1/inspect',
    operation({
      tag: 'own',
      summary: 'Look inside: what a layer makes of a picture',
      answer: InspectAnswer,
      png: true,
      body: BODY,
      problems: CLASSIFY_PROBLEMS,
    }),
    query(InspectQuery),
    async (c) => {
      const parameters = c.req.valid('query');
      const png = wantsPng(c, parameters);
      const layer = parameters.layer ?? (png ? INPUT : undefined);
      const silence = silenceOf(parameters);
      const maps = new Set(parameters.maps?.split(',') ?? []);
      const { model, picture } = await readPicture(c, parameters, (info) => {
        if (layer !== undefined) checkStage(layer, info);
        if (maps.delete('all')) for (const name of stageNames(info)) maps.add(name);
        for (const name of maps) checkStage(name, info, 'maps');
        if (silence) silencedChannels(silence, info);
        c.var.classifier.budget.expect(valueBytes(wantedOf(maps, layer), info));
      });
      c.header('vary', 'Accept', { append: true });
      if (png && layer === INPUT) {
        const { size, pixels } = picture;
        return bytesAnswer(c, [pngBytes({ width: size, height: size, channels: 3, data: pixels })], PNG);
      }
      const { stages, prediction, values } = await inspect(
        picture.pixels,
        wantedOf(maps, layer),
        c.var.classifier,
        silence,
      );
      const stage = stages.find(({ name }) => name === layer);
      const found = values.get(layer ?? '');
      if (png && found && stage) return bytesAnswer(c, [pngBytes(stagePicture(stage, found))], PNG);
      return jsonAnswer(c, {
        model: modelName(model),
        ...imageResult({ picture, prediction }, model, { ...ANSWER, include: 'logits' }),
        layers: stages.map(statistics),
        ...(layer === undefined || !found ? {} : { layer, values: found }),
        ...(maps.size === 0 ? {} : { maps: dataUrls(stages, values, maps) }),
        request_id: c.var.requestId,
      });
    },
  )
  .post(
    '/v1/occlusion',
    operation({
      tag: 'own',
      summary: 'Which part of a picture mattered: scores with a square covered',
      answer: OcclusionAnswer,
      body: BODY,
      problems: CLASSIFY_PROBLEMS,
    }),
    query(OcclusionQuery),
    async (c) => {
      const { grid, from, class: index, ...options } = c.req.valid('query');
      const { picture } = await readPicture(c, options, () => undefined);
      const found = await occlude(picture.pixels, { grid, from, label: index }, c.var.classifier);
      const { synset, words } = found.model.labels[found.label] ?? { words: String(found.label) };
      return c.json({
        model: modelName(found.model),
        class: { index: found.label, ...(synset === undefined ? {} : { synset }), label: words },
        score: found.whole,
        grid,
        square: found.square,
        from,
        scores: found.scores,
        request_id: c.var.requestId,
      });
    },
  );
