// The package.json of the published package. The repository's own stays private: it names a hundred things that build
// and test, and whoever installs the package needs none of them.

export interface Repository {
  version: string;
  description: string;
  license: string;
  engines: { node: string };
}

/** Runtimes by the conditions that their resolvers know; the first that fits counts. */
function entry(name: string) {
  return {
    types: `./dist/types/${name}.d.ts`,
    workerd: `./dist/${name}.workerd.js`,
    node: `./dist/${name}.node.js`,
    bun: `./dist/${name}.node.js`,
    deno: `./dist/${name}.node.js`,
    default: `./dist/${name}.browser.js`,
  };
}

/** @param peers versions of what `serve` and `deploy` start where it is installed */
export function manifest(
  { version, description, license, engines }: Repository,
  peers: Record<'workerd' | 'wrangler', string>,
) {
  return {
    name: 'alexnet-edge',
    version,
    description,
    keywords: ['alexnet', 'image-classification', 'cloudflare-workers', 'webassembly', 'simd', 'edge'],
    license,
    type: 'module',
    engines,
    sideEffects: false,
    bin: { 'alexnet-edge': 'cli/tools/cli/start.js' },
    exports: {
      '.': entry('classifier'),
      './engine': entry('engine'),
      './decode': entry('decode'),
      './testing': entry('testing'),
      './client': { types: './dist/types/client.d.ts', default: './dist/client.js' },
      './worker': { types: './dist/types/worker.d.ts', default: './dist/worker.workerd.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'cli', 'NOTICES.txt', 'CHANGELOG.md'],
    peerDependencies: peers,
    peerDependenciesMeta: { workerd: { optional: true }, wrangler: { optional: true } },
  };
}
