// What the OpenAPI document says of each route beyond its schemas: summary, tag, bodies, answers, problems.
import { describeRoute, resolver } from 'hono-openapi';
import type * as v from 'valibot';
import { SCHEMA_OPTIONS } from './validation.ts';
import { ClassifyAnswer, ClassifyBody, FilesAnswer, Problem } from './schemas.ts';

export const describeClassify = describeRoute({ summary: 'Classify' });
