/**
 * Packet loss at a receiver: nftables drops a share of the IPv4 and IPv6 packets that come in on
 * the mesh interface, above the radio. The radio has acknowledged them by then, so its own retries
 * do not hide the loss. Packets that a node only passes on inside the mesh are not touched, nor are
 * the mesh's own frames. The rule names the interface, not its number: it outlives `mesh0`.
 */
import { MESH_INTERFACE } from './mesh.ts';
import type { WorldNode } from './node.ts';

export interface LossCount {
  readonly dropped: number;
  readonly passed: number;
}

const TABLE = 'hwsim_loss';
/**
 * The kernel swaps rules when all its processors have had a turn, which can take long under load.
 */
const RULES_TIMEOUT_MS = 120_000;

/**
 * Sets the share of packets that the node loses from now on; its counters start again at 0.
 * @param percent 0 to 100, in steps of 0.1; 0 takes the rule away
 */
export async function setLoss(node: WorldNode, percent: number): Promise<void> {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`loss: 0 to 100 %, not ${percent}`);
  const rules =
    percent === 0
      ? `table inet ${TABLE}\ndelete table inet ${TABLE}\n`
      : `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  counter dropped { }
  counter passed { }
  chain incoming {
    type filter hook prerouting priority raw; policy accept;
    iifname != "${MESH_INTERFACE}" accept
    numgen random mod 1000 < ${Math.round(percent * 10)} counter name dropped drop
    counter name passed
  }
}
`;
  await node.must(['nft', '-f', '-'], { stdin: rules, timeoutMs: RULES_TIMEOUT_MS });
}

/** What the node has dropped and let through since `setLoss`; nothing where there is no rule. */
export async function lossCount(node: WorldNode): Promise<LossCount> {
  const { stdout: text } = await node.exec(['nft', 'list', 'counters', 'table', 'inet', TABLE]);
  const packets = (name: string): number =>
    Number(new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(text)?.[1] ?? 0);
  return { dropped: packets('dropped'), passed: packets('passed') };
}
