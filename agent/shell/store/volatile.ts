/**
 * Whether a folder is on a file system that lives in memory (statfs(2), linux/magic.h). On OpenWrt
 * `/var` and `/tmp` are: a ledger kept there would be gone with the power, and the votes with it.
 */
import { statfs } from 'node:fs/promises';
import { StoreError } from './store-error.ts';

const TMPFS_MAGIC = 0x01021994;
const RAMFS_MAGIC = 0x858458f6;

/** Throws StoreError `volatile_storage` if a folder, which must exist, lives in memory. */
export async function refuseVolatile(options: {
  readonly folder: string;
  readonly allowVolatile?: boolean | undefined;
}): Promise<void> {
  if (options.allowVolatile === true) return;
  const type = (await statfs(options.folder)).type >>> 0;
  if (type !== TMPFS_MAGIC && type !== RAMFS_MAGIC) return;
  const kind = type === TMPFS_MAGIC ? 'tmpfs' : 'ramfs';
  const detail = `${options.folder} is on ${kind}; choose a folder on a disk, a card or flash`;
  throw new StoreError('volatile_storage', detail);
}
