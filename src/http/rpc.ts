// For other Workers, through a service binding without HTTP between them:
//
//   [[services]] binding = "CLASSIFIER", service = "alexnet-edge", entrypoint = "Classifier"
//   const { predictions } = await env.CLASSIFIER.classify(bytes, { top_k: 3 });
import { WorkerEntrypoint } from 'cloudflare:workers';
import * as v from 'valibot';
import { emptyLog } from '../classify/request-log.ts';
import { Upload } from '../isolate/upload.ts';
import type { Bindings } from './bindings.ts';
import { createClassifier, type Isolate } from './context.ts';
import { writeLog } from './middleware/request-log.ts';
import { parameterError } from './openapi/validation.ts';
import { asServiceError } from './problem.ts';
import { imageResult, readOptions, useAsked } from './v1/classify-result.ts';
import { modelName } from './v1/model-name.ts';
import { ClassifyQuery } from './v1/schemas.ts';

/** The parameters of POST /v1/classify, as values. */
export interface ClassifierOptions {
  top_k?: number;
  min_score?: number;
  crops?: 1 | 10;
  parents?: 0 | 1;
  exif?: 'apply' | 'ignore';
  damaged?: 'accept' | 'refuse';
  include?: ('logits' | 'embedding')[];
  /** Names of published heads. */
  head?: string[];
  ensemble?: string[];
  reject?: number;
  relight?: number;
  dropout?: number;
  seed?: number;
  towers?: 1 | 2 | 'both';
  after?: string;
  without?: string;
  dims?: 1024 | 256;
}

function parse(options: ClassifierOptions): ClassifyQuery {
  const texts = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)]));
  const result = v.safeParse(ClassifyQuery, texts);
  if (result.success) return result.output;
  throw parameterError(result.issues[0], texts, Object.keys(ClassifyQuery.entries));
}

/** The class to export from the Worker's entry. */
export function classifierEntrypoint(isolate: Isolate) {
  return class Classifier extends WorkerEntrypoint<Bindings> {
    /**
     * @param image the file's bytes, whole or as a stream
     * Throws ServiceError: its message is the HTTP route's `detail`; `code` and `status` reach the caller, too.
     */
    async classify(
      image: ArrayBuffer | Uint8Array | ReadableStream<Uint8Array>,
      options: ClassifierOptions = {},
    ) {
      const parameters = parse(options);
      const log = emptyLog();
      const started = Date.now();
      const classifier = createClassifier(isolate, this.env, {
        client: '',
        log,
        waitUntil: (promise) => this.ctx.waitUntil(promise),
      });
      let status = 200;
      try {
        await classifier.budget.admit();
        await useAsked(classifier, parameters);
        const source = image instanceof ReadableStream ? new Upload(image) : new Uint8Array(image);
        const { model, ...result } = await classifier.classify(source, readOptions(parameters));
        const { logits, embedding, ...said } = imageResult(result, model, parameters);
        return {
          model: modelName(model),
          ...said,
          ...(logits ? { logits: Array.from(logits) } : {}),
          ...(embedding ? { embedding: Array.from(embedding) } : {}),
        };
      } catch (error) {
        status = asServiceError(error).status;
        throw error;
      } finally {
        classifier.finish();
        writeLog(this.env, log, {
          id: crypto.randomUUID(),
          method: 'RPC',
          route: 'Classifier.classify',
          status,
          bytes: log.bytes || (image instanceof ReadableStream ? 0 : image.byteLength),
          totalMs: Date.now() - started,
        });
      }
    }
  };
}
