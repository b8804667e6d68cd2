// `inspect FILE`: the form, the tensors, the network and the preprocessing of a float or packed file. A file whose
// network cannot be imported still shows its tensors, and the reason.
import type { Layer, Network } from '../../src/network/layer.ts';
import { readWeights } from '../../weights/formats/forms.ts';
import { type LoadedFile, loadFile } from '../../weights/formats/loaded-file.ts';
import { isPacked } from '../../weights/formats/safetensors/safetensors.ts';
import type { ReadNetwork } from '../../weights/formats/weight-file.ts';
import { networkShapes } from '../../weights/formats/weight-file.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { readPackedFile } from '../../weights/packed/file.ts';
import { table } from '../table.ts';

export interface InspectCommand {
  json?: boolean;
}

/** Throws OperatorError for a file of no known form. */
export async function inspectFile(file: string, { json = false }: InspectCommand): Promise<void> {
  const source = loadFile(file);
  process.stdout.write(isPacked(source) ? await inspectPacked(file, json) : inspectFloat(source, json));
}

async function inspectPacked(file: string, json: boolean): Promise<string> {
  const { info, key, bytes } = await readPackedFile(file);
  if (json) return `${JSON.stringify({ form: 'packed', key, bytes, ...info }, null, 2)}\n`;
  const { labels, preprocess } = info;
  return (
    `packed model ${info.name} (${info.format}), ${bytes} bytes, key ${key}\n` +
    `source ${info.source.from}, sha256 ${info.source.sha256}\nlicence ${info.source.licence}\n` +
    `${info.source.accuracy ?? 'accuracy unknown'}\npreprocess ${JSON.stringify(preprocess)}\n` +
    `${labels.length} classes: ${labels
      .slice(0, 3)
      .map(({ words }) => words)
      .join('; ')} ...\n\n${networkTable(info.network)}`
  );
}

function inspectFloat(source: LoadedFile, json: boolean): string {
  const { form, detail, tensors, read } = readWeights(source);
  let network: ReadNetwork | undefined;
  let reason = '';
  try {
    network = read({});
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    reason = error.message;
  }
  const listed = tensors.map(({ name, shape, type }) => ({ name, shape, type }));
  if (json) {
    const rest = network
      ? { variant: network.variant ?? null, network: network.network, preprocess: network.preprocess }
      : { error: reason };
    return `${JSON.stringify({ form, detail, bytes: source.bytes.length, tensors: listed, ...rest }, null, 2)}\n`;
  }
  const rows = listed.map(({ name, shape, type }) => [name, shape.join(' x '), type]);
  return (
    `${detail}, ${source.bytes.length} bytes\n\n${table(['tensor', 'shape', 'type'], rows)}\n` +
    (network
      ? `network: ${network.variant ?? 'no known variant'}\npreprocess ${JSON.stringify(network.preprocess)}\n\n${networkTable(network.network)}`
      : `cannot be imported: ${reason}\n`)
  );
}

function networkTable(network: Network): string {
  const rows = networkShapes(network).map(({ layer, output, macs, parameters }) => [
    layer.name,
    layer.type,
    describe(layer),
    `${output.height} x ${output.width} x ${output.channels}`,
    macs,
    parameters,
  ]);
  return table(['layer', 'type', 'parameters', 'output', 'multiply-adds', 'weights'], rows);
}

function describe(layer: Layer): string {
  switch (layer.type) {
    case 'conv':
      return `${layer.kernel}x${layer.kernel}/${layer.stride} pad ${layer.pad} groups ${layer.groups}${layer.relu ? ', ReLU' : ''}`;
    case 'lrn':
      return `size ${layer.size} alpha ${layer.alpha} beta ${layer.beta} k ${layer.k}`;
    case 'maxpool':
      return `${layer.kernel}x${layer.kernel}/${layer.stride}${layer.ceil ? ' ceil' : ''}`;
    case 'dense':
      return layer.relu ? 'ReLU' : '';
    default:
      return '';
  }
}
