// Stands in for the schema libraries that hono-openapi could load but that are not used here (wrangler.toml, alias).
export {};
