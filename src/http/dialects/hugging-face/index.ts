// The Hugging Face inference dialect, image-classification: POST /models/{model}, and POST / for clients that are
// given the server's address alone. Raw bytes, or JSON with base64 in `inputs`. Answer: a bare array, best first.
// The JS client drops `parameters` when it sends bytes but keeps the query string, so the query counts, too.
// Source: huggingface/huggingface.js packages/tasks (image-classification spec), huggingface_hub InferenceClient.
import { type Context, Hono } from 'hono';
import type * as v from 'valibot';
import type { ImageSource } from '../../../classify/classifier.ts';
import { rankLabels } from '../../../classify/rank.ts';
import type { Prediction } from '../../../engine/engine.ts';
import { allowedHosts, urlUpload } from '../../../photos/url.ts';
import { decodeBase64 } from '../../body/base64.ts';
import { openBody, readJson } from '../../body/body.ts';
import { type AppEnv, budgetOf } from '../../context.ts';
import { maxJsonBytes } from '../../limits.ts';
import { CLASSIFY_PROBLEMS, EXAMPLE_IMAGE, operation, type Status } from '../../openapi/operation.ts';
import { parseJson, query } from '../../openapi/validation.ts';
import { findModel } from '../../v1/model-name.ts';
import type { Dialect } from '../dialect.ts';
import { type FUNCTIONS, HuggingFaceAnswer, HuggingFaceBody, HuggingFaceQuery } from './schemas.ts';

const DEFAULT_TOP_K = 5;

interface Wanted {
  source: ImageSource;
  topK: number;
  functionToApply: (typeof FUNCTIONS)[number];
}

async function readWanted(
  c: Context<AppEnv>,
  asked: v.InferOutput<typeof HuggingFaceQuery>,
): Promise<Wanted> {
  const body = await openBody(
    c.req.raw,
    {
      image: c.var.classifier.limits.bytes,
      json: maxJsonBytes(c.env),
    },
    budgetOf(c),
  );
  const fallback = {
    topK: asked.top_k ?? DEFAULT_TOP_K,
    functionToApply: asked.function_to_apply ?? 'softmax',
  };
  if (body.kind === 'image') return { source: body.upload, ...fallback };
  const { inputs, parameters } = parseJson(HuggingFaceBody, await readJson(body.upload));
  return {
    source: /^https?:/i.test(inputs)
      ? urlUpload(inputs, allowedHosts(c.env.URL_HOSTS), {
          limit: c.var.classifier.limits.bytes,
          what: 'inputs',
          holder: budgetOf(c).holder,
          traceParent: c.var.classifier.log.traceParent,
        })
      : decodeBase64(inputs, 'inputs'),
    topK: parameters?.top_k ?? fallback.topK,
    functionToApply: parameters?.function_to_apply ?? fallback.functionToApply,
  };
}

function scoresOf({ logits, probabilities }: Prediction, name: Wanted['functionToApply']): Float32Array {
  if (name === 'softmax') return probabilities;
  return name === 'none' ? logits : logits.map((logit) => 1 / (1 + Math.exp(-logit)));
}

async function answer(c: Context<AppEnv>, asked: v.InferOutput<typeof HuggingFaceQuery>) {
  const { source, topK, functionToApply } = await readWanted(c, asked);
  const { prediction, model } = await c.var.classifier.classify(source, { exif: 'apply', crops: 1 });
  const scores = scoresOf(prediction, functionToApply);
  const ranked = rankLabels(scores, model, { topK, minScore: -Infinity });
  return c.json(ranked.map(({ label, score, ...more }) => ({ label, score, ...more })));
}

function describe(problems: Status[]) {
  return operation({
    tag: 'Hugging Face',
    summary: 'Image classification as the Hugging Face clients ask for it',
    answer: HuggingFaceAnswer,
    body: {
      image: true,
      json: {
        schema: HuggingFaceBody,
        example: { inputs: EXAMPLE_IMAGE, parameters: { top_k: 3, function_to_apply: 'softmax' } },
      },
    },
    problems,
  });
}

const routes = new Hono<AppEnv>()
  .post('/', describe(CLASSIFY_PROBLEMS), query(HuggingFaceQuery), (c) => answer(c, c.req.valid('query')))
  .post('/models/:model{.+}', describe([...CLASSIFY_PROBLEMS, 404]), query(HuggingFaceQuery), async (c) => {
    await findModel(c, c.req.param('model'));
    return answer(c, c.req.valid('query'));
  });

export const huggingFace: Dialect = { routes };
