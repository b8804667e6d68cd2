// What the OpenAPI document says of each route beyond its schemas: summary, tag, bodies, answers, problems.
import { describeRoute } from 'hono-openapi';

export const describeClassify = describeRoute({ summary: 'Classify' });
export const describeHuggingFace = describeRoute({ summary: 'Classify' });
export const describeWorkersAi = describeRoute({ summary: 'Classify' });
export const describeTensorflow = describeRoute({ summary: 'Classify' });
export const describeInfer = describeRoute({ summary: 'Classify' });
export const describeInferenceModel = describeRoute({ summary: 'Classify' });
export const describeInferenceServer = describeRoute({ summary: 'Classify' });
export const describeModels = describeRoute({ summary: 'x' });
export const describeModel = describeRoute({ summary: 'x' });
export const describeHealth = describeRoute({ summary: 'x' });
export const describeReady = describeRoute({ summary: 'x' });
export const describeLimits = describeRoute({ summary: 'x' });
