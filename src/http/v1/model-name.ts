// How the model is named on the wire, and the check that a client means this one.
import type { Context } from 'hono';
import { modelName, modelVersion } from '../../classify/result.ts';
import { excerpt, ServiceError } from '../../errors.ts';
import { HEAD_NAME } from '../../heads/head.ts';
import type { ModelInfo } from '../../network/model-info.ts';
import type { AppEnv } from '../context.ts';

export { modelName, modelVersion };

/** Dialects whose versions are whole numbers: the version's digits, read as one. */
export function numericVersion(model: ModelInfo): string {
  return BigInt(`0x${modelVersion(model)}`).toString();
}

/**
 * The model, or the head, when `name` is its name, with or without an owner before it (`owner/name`), and `version`, where given,
 * its numeric version. Throws ServiceError not-found, and those of the model's loading.
 */
export async function findModel(c: Context<AppEnv>, name: string, version?: string): Promise<ModelInfo> {
  const { classifier } = c.var;
  const own = await classifier.describe();
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (last !== own.name && HEAD_NAME.test(last) && (await classifier.hasHead(last)))
    await classifier.useHeads([last]);
  const model = await classifier.describe();
  if (name !== model.name && !name.endsWith(`/${model.name}`))
    throw new ServiceError('not-found', `there is no model ${excerpt(name)}; expected ${model.name}`, {
      members: { models: [model.name] },
    });
  if (version !== undefined && version !== numericVersion(model))
    throw new ServiceError(
      'not-found',
      `model ${model.name} has no version ${excerpt(version)}; expected ${numericVersion(model)}`,
    );
  return model;
}
