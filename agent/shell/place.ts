/** Whose share something is served from (fair-queue.ts). */

/**
 * What a link is worth. Local: this node itself and whoever uses its control socket. Trusted: a
 * member, or a node that the operator asked for. Node: proved a key, which costs nothing.
 */
export const STANDINGS = ['local', 'trusted', 'node', 'anonymous'] as const;
export type Standing = (typeof STANDINGS)[number];

/** A share. */
export interface Place {
  readonly standing: Standing;
  /** Of a trusted link its key; of any other the source of its address (net/address.ts). */
  readonly source: string;
}
