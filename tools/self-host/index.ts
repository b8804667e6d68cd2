// `npm run self-host [-- FOLDER]`: everything that plain workerd needs to serve, in one folder (build/self-host).
import path from 'node:path';
import { Command } from 'commander';
import { build } from '../../assembly/build.ts';
import { OperatorError } from '../../weights/operator-error.ts';
import { readConfig } from '../config.ts';
import { bundleTo } from '../deploy/bundle.ts';
import { wrangler } from '../deploy/wrangler.ts';
import { modelFile } from '../model-file.ts';
import { buildPage } from '../page/build.ts';
import { makeSelfHostFolder, SELF_HOST_ENTRY } from './folder.ts';

const command = new Command('self-host')
  .description('make a folder that plain workerd can serve')
  .argument('[folder]', 'where', 'build/self-host')
  .parse();

try {
  const folder = path.resolve(command.args[0] ?? 'build/self-host');
  await build(process.env.KERNELS ?? 'relaxed', false);
  await buildPage();
  const bundle = path.resolve('build/self-host-bundle');
  await bundleTo(wrangler, bundle, [SELF_HOST_ENTRY]);
  const { model } = await readConfig();
  await makeSelfHostFolder(folder, bundle, (await modelFile(model)).path);
  console.log(`${folder}: start it with\n  cd ${folder} && npx workerd serve worker.capnp`);
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
