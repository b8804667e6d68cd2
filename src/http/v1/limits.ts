// GET /v1/limits: every limit, as data.
import { Hono } from 'hono';
import { IMAGE_FORMATS, isNative } from '../../image/formats.ts';
import { MAX_VALUE_BYTES } from '../body/json-cost.ts';
import type { AppEnv } from '../context.ts';
import { budgetLimits, headLimits, maxFiles, maxJsonBytes, ratePolicy } from '../limits.ts';
import { operation } from '../openapi/operation.ts';
import { query } from '../openapi/validation.ts';
import { LimitsAnswer, MAX_TOP_K, NoQuery } from './schemas.ts';

export const limitsRoute = new Hono<AppEnv>().get(
  '/v1/limits',
  operation({ tag: 'own', summary: 'Every limit', answer: LimitsAnswer, problems: [400, 401] }),
  query(NoQuery),
  (c) => {
    const { bytes, pixels, side, scans, blocks } = c.var.classifier.limits;
    const { workMs, answerBytes, pace } = budgetLimits(c.env);
    const { photos, classes, workMs: trainMs } = headLimits(c.env);
    const policy = ratePolicy(c.env);
    return c.json({
      image_bytes: bytes,
      image_pixels: pixels,
      image_side: side,
      jpeg_scans: scans,
      decode_blocks: blocks,
      work_ms: workMs,
      answer_bytes: answerBytes,
      stall_ms: pace.graceMs,
      bytes_per_second: pace.bytesPerSecond,
      head_photos: photos,
      head_classes: classes,
      train_ms: trainMs,
      json_bytes: maxJsonBytes(c.env),
      json_value_bytes: MAX_VALUE_BYTES,
      files: maxFiles(c.env),
      formats: c.env.IMAGES ? [...IMAGE_FORMATS] : IMAGE_FORMATS.filter(isNative),
      top_k: MAX_TOP_K,
      crops: [1, 10],
      rate: policy ? { requests: policy.limit, period_seconds: policy.periodSeconds } : null,
    });
  },
);
