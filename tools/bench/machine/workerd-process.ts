// The operating system's view of a workerd that Miniflare started: computing time and resident memory, from /proc;
// zeros where there is none.
import { readdir, readFile } from 'node:fs/promises';
import type { LocalWorker } from '../../workers/local-worker.ts';

export interface WorkerdProcess {
  worker: LocalWorker;
  pid: number;
  /** Milliseconds that its main thread, which runs the Worker, has computed so far. */
  cpuMs(): Promise<number>;
  rssBytes(): Promise<number>;
}

async function readProc(pid: string, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}

/** Milliseconds that the main thread of a process, which runs the Worker, has computed so far. */
export async function threadCpuMs(pid: string | number): Promise<number> {
  return Number((await readProc(String(pid), 'schedstat')).split(' ')[0]) / 1e6;
}

/** Process ids of workerd that this process started. */
async function workerdProcesses(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const pid of await readdir('/proc').catch(() => [])) {
    const stat = /^\d+$/.test(pid) ? await readProc(pid, 'stat') : '';
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name === 'workerd' && Number(parent) === process.pid) found.add(pid);
  }
  return found;
}

export async function startAndFind(start: () => Promise<LocalWorker>): Promise<WorkerdProcess> {
  const before = await workerdProcesses();
  const worker = await start();
  const pid = [...(await workerdProcesses())].find((id) => !before.has(id)) ?? 'none';
  return {
    worker,
    pid: Number(pid),
    cpuMs: () => threadCpuMs(pid),
    rssBytes: async () => Number(/^VmRSS:\s+(\d+) kB/m.exec(await readProc(pid, 'status'))?.[1] ?? 0) * 1024,
  };
}
