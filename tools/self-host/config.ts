// The config file of plain workerd for the bundle that wrangler makes: docs/OPERATIONS.md. Source: workerd.capnp.

export interface SelfHostConfig {
  /** Files of the bundle; the main module first. */
  modules: string[];
  compatibilityDate: string;
  /** Variables, MODEL among them. */
  variables: Record<string, string>;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function moduleLine(name: string): string {
  const kind = name.endsWith('.wasm') ? 'wasm' : 'esModule';
  return `    (name = ${quoted(name)}, ${kind} = embed ${quoted(name)}),`;
}

/** The text of worker.capnp. */
export function workerdConfig({ modules, compatibilityDate, variables }: SelfHostConfig): string {
  const texts = Object.entries(variables).map(
    ([name, value]) => `    (name = ${quoted(name)}, text = ${quoted(value)}),`,
  );
  return `# Written by \`npm run self-host\`. Run it in this folder: workerd serve worker.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  # With 61 MB of weights and activations beside it: what an isolate has at Cloudflare.
  v8Flags = ["--max-heap-size=64"],
  services = [
    (name = "main", worker = .main),
    (name = "models", disk = (path = "models")),
  ],
  sockets = [(name = "http", address = "*:8787", http = (), service = "main")],
  extensions = [(modules = [
    (name = "bucket-on-disk", internal = true, esModule = embed "bucket-on-disk.js"),
  ])],
);

const main :Workerd.Worker = (
  compatibilityDate = ${quoted(compatibilityDate)},
  modules = [
${modules.map(moduleLine).join('\n')}
  ],
  bindings = [
${texts.join('\n')}
    (name = "MODELS", wrapped = (
      moduleName = "bucket-on-disk",
      innerBindings = [(name = "disk", service = "models")],
    )),
  ],
);
`;
}
