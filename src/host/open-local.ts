/** Where the copies of a leaf keep their files: a folder for each leaf of each cluster in the data folder. */
import { LOCAL_SCHEDULE, type LocalOptions } from '../cluster/local-options.ts';
import { nodeDisk } from '../disk/node-disk.ts';

/** The place below a data folder, an absolute path, with the default schedule; undefined without one. */
export function openLocal(data: string | undefined, cluster: string): LocalOptions | undefined {
  return data === undefined ? undefined : { ...LOCAL_SCHEDULE, disk: nodeDisk, folder: `${data}/leaves/${cluster}` };
}
