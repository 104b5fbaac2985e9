/** Bounds of the files that a node is configured by. */

export const MAX_CONFIG_BYTES = 262_144;
export const MAX_GENESIS_BYTES = 4 * 1024 * 1024;
