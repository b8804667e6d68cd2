// A folder with all that plain workerd needs: the bundle, the bucket on disk, the page, the model, and worker.capnp.
import { copyFile, cp, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { OperatorError } from '../../weights/operator-error.ts';
import { CONFIG_PATH } from '../config.ts';
import { bundleFiles } from '../deploy/bundle.ts';
import { FRONT, pageHeaders, workerdConfig } from './config.ts';
import { thirdPartyNotices } from './notices.ts';

const ROOT = path.join(import.meta.dirname, '../..');
/** The Worker that is bundled for it. */
export const SELF_HOST_ENTRY = 'tools/self-host/worker/index.ts';
const PAGE = path.join(import.meta.dirname, '../../src/page');

/** Removes what is in a folder but for what its users made there. */
async function clear(folder: string, kept: readonly string[]): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names
      .filter((name) => !kept.includes(name))
      .map((name) => rm(path.join(folder, name), { recursive: true })),
  );
}

/**
 * @param bundle of tools/self-host/worker, as bundleTo writes it
 * @param model the packed model's file; none: whoever starts it brings one
 */
export async function makeSelfHostFolder(folder: string, bundle: string, model?: string): Promise<void> {
  const { vars, compatibility_date, durable_objects } = unstable_readConfig(
    { config: CONFIG_PATH },
    { hideWarnings: true },
  );
  if (compatibility_date === undefined)
    throw new OperatorError('wrangler.toml: expected a compatibility_date, found none');
  await clear(folder, ['models', 'objects', 'settings']);
  await clear(path.join(folder, 'models'), ['heads']);
  await mkdir(path.join(folder, 'models'), { recursive: true });
  await mkdir(path.join(folder, 'objects'), { recursive: true });
  await mkdir(path.join(folder, 'settings'), { recursive: true });
  const names = await bundleFiles(bundle);
  const modules = ['index.js', ...names.filter((name) => name !== 'index.js').sort()];
  await Promise.all(modules.map((name) => copyFile(path.join(bundle, name), path.join(folder, name))));
  await copyFile(path.join(import.meta.dirname, 'bucket-on-disk.js'), path.join(folder, 'bucket-on-disk.js'));
  await writeFile(path.join(folder, 'NOTICES.txt'), await thirdPartyNotices(bundle, ROOT));
  for (const name of FRONT) await copyFile(path.join(import.meta.dirname, name), path.join(folder, name));
  await cp(PAGE, path.join(folder, 'page'), { recursive: true });
  // How it is run: container, proxy, unit, alerts, dashboard.
  await cp(path.join(import.meta.dirname, 'operation'), folder, { recursive: true });
  const variables = { ...(vars as Record<string, string>) };
  if (model !== undefined) {
    // 30 MB; a hard link where the file system allows one.
    const stored = path.join(folder, 'models', path.basename(model));
    await link(model, stored).catch(() => copyFile(model, stored));
    variables.MODEL = path.basename(model);
  }
  await writeFile(
    path.join(folder, 'worker.capnp'),
    workerdConfig({
      modules,
      compatibilityDate: compatibility_date,
      variables,
      objects: durable_objects.bindings.map(({ name, class_name }: { name: string; class_name: string }) => ({
        binding: name,
        className: class_name,
      })),
      pageHeaders: pageHeaders(await readFile(path.join(PAGE, '_headers'), 'utf8')),
    }),
  );
}
