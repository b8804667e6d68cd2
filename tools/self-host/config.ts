// The config file of plain workerd for the bundle that wrangler makes: docs/OPERATIONS.md. Source: workerd.capnp.

/** Modules of the Worker that stands before the application; the main module first. */
export const FRONT = ['page-on-disk.js', 'gate.js'];

export interface SelfHostConfig {
  /** Files of the bundle; the main module first. */
  modules: string[];
  compatibilityDate: string;
  /** Variables, MODEL among them. */
  variables: Record<string, string>;
  /** Durable Objects: bindings and their classes. */
  objects: readonly { binding: string; className: string }[];
  /** Headers of the page's files. */
  pageHeaders: Record<string, string>;
}

/** The headers of every file, out of the assets' `_headers`: the lines below its pattern for all paths. */
export function pageHeaders(text: string): Record<string, string> {
  const [, block = ''] = /^\/\*\n((?:[ \t]+.*\n?)*)/m.exec(text) ?? [];
  const lines = block.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function moduleLine(name: string): string {
  const kind = name.endsWith('.wasm') ? 'wasm' : 'esModule';
  return `    (name = ${quoted(name)}, ${kind} = embed ${quoted(name)}),`;
}

/** The text of worker.capnp. */
export function workerdConfig({
  modules,
  compatibilityDate,
  variables,
  objects,
  pageHeaders: headers,
}: SelfHostConfig): string {
  const texts = Object.entries(variables).map(
    ([name, value]) => `    (name = ${quoted(name)}, text = ${quoted(value)}),`,
  );
  const objectBindings = objects.map(
    ({ binding, className }) =>
      `    (name = ${quoted(binding)}, durableObjectNamespace = ${quoted(className)}),`,
  );
  // The key names the folder that the objects lie in: it must never change.
  const namespaces = objects.map(
    ({ className }) =>
      `    (className = ${quoted(className)}, uniqueKey = ${quoted(`alexnet-edge-${className}`)}, enableSql = true),`,
  );
  return `# Written by \`npm run self-host\`. Run it in this folder: workerd serve worker.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  # With 61 MB of weights and activations beside it: what an isolate has at Cloudflare.
  v8Flags = ["--max-heap-size=64"],
  services = [
    (name = "main", worker = .main),
    (name = "models", disk = (path = "models", writable = true)),
    (name = "objects", disk = (path = "objects", writable = true)),
    (name = "page-files", disk = (path = "page")),
    (name = "settings", disk = (path = "settings")),
    (name = "front", worker = .front),
  ],
  sockets = [(name = "http", address = "*:8787", http = (), service = "front")],
  extensions = [(modules = [
    (name = "bucket-on-disk", internal = true, esModule = embed "bucket-on-disk.js"),
  ])],
);

const front :Workerd.Worker = (
  compatibilityDate = ${quoted(compatibilityDate)},
  modules = [
${FRONT.map(moduleLine).join('\n')}
  ],
  bindings = [
    (name = "page", service = "page-files"),
    (name = "main", service = "main"),
    (name = "HEADERS", json = ${quoted(JSON.stringify(headers))}),
  ],
);

const main :Workerd.Worker = (
  compatibilityDate = ${quoted(compatibilityDate)},
  modules = [
${modules.map(moduleLine).join('\n')}
  ],
  durableObjectNamespaces = [
${namespaces.join('\n')}
  ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
${[...texts, ...objectBindings].join('\n')}
    (name = "SETTINGS", service = "settings"),
    (name = "MODELS", wrapped = (
      moduleName = "bucket-on-disk",
      innerBindings = [(name = "disk", service = "models")],
    )),
  ],
);
`;
}
