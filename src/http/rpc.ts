// For other Workers, through a service binding without HTTP between them:
//
//   [[services]] binding = "CLASSIFIER", service = "alexnet-edge", entrypoint = "Classifier"
//   const { predictions } = await env.CLASSIFIER.classify(bytes, { top_k: 3 });
import { WorkerEntrypoint } from 'cloudflare:workers';
import * as v from 'valibot';
import { classify, type ImageSource } from '../classify/classify.ts';
import type { Bindings } from './bindings.ts';
import { parameterError } from './openapi/validation.ts';
import { imageReader, modelSupply, type Services } from './services.ts';
import { imageResult, readOptions } from './v1/answer.ts';
import { modelName } from './v1/model-name.ts';
import { ClassifyQuery } from './v1/schemas.ts';

/** The parameters of POST /v1/classify, as values. */
export interface ClassifierOptions {
  top_k?: number;
  min_score?: number;
  crops?: 1 | 10;
  exif?: 'apply' | 'ignore';
  include?: ('logits' | 'embedding')[];
}

function parse(options: ClassifierOptions): ClassifyQuery {
  const texts = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)]));
  const result = v.safeParse(ClassifyQuery, texts);
  if (result.success) return result.output;
  throw parameterError(result.issues[0], texts, Object.keys(ClassifyQuery.entries));
}

/** The class to export from the Worker's entry. */
export function classifierEntrypoint(services: Services) {
  return class Classifier extends WorkerEntrypoint<Bindings> {
    /**
     * @param image the file's bytes, whole or as a stream
     * Throws ServiceError: its message is the HTTP route's `detail`; `code` and `status` reach the caller, too.
     */
    async classify(image: ArrayBuffer | ImageSource, options: ClassifierOptions = {}) {
      const parameters = parse(options);
      const source = image instanceof ArrayBuffer ? new Uint8Array(image) : image;
      const supply = modelSupply(services, this.env, (promise) => this.ctx.waitUntil(promise));
      const ticket = services.admission.enter(source instanceof Uint8Array ? source.length : undefined);
      try {
        const reader = imageReader(services, this.env, ticket);
        const { result, model } = await classify(source, readOptions(parameters), reader, supply);
        return { model: modelName(model), ...imageResult(result, model, parameters) };
      } finally {
        ticket.leave();
      }
    }
  };
}
