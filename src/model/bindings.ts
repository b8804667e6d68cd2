// What the Worker is given to find its model: the bucket and the key of the current one.
export interface ModelBindings {
  /** R2 bucket with packed models; missing only when wrangler.toml is incomplete. */
  MODELS?: R2Bucket;
  /** Key of the current model: see key.ts. */
  MODEL?: string;
}
