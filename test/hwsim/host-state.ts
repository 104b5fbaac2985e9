/** Everything of a host that bringing up a radio may touch, as one text to compare. */
import { inPlace } from './bring-up.ts';
import type { WorldNode } from './node.ts';

/** Each line runs in the node's namespace; what changes by itself is left out. */
const SCRIPT = `
echo "# interfaces";  ip -o link | sed 's/ qlen [0-9]*//'
echo "# addresses";   ip -o addr | sed 's/ valid_lft.*//'
echo "# radios";      iw dev | grep -v txpower
echo "# country";     iw reg get | head -3
echo "# programs";    for pid in $(ip netns pids "$1"); do cat /proc/$pid/comm; done 2>/dev/null |
                      grep -c wpa_supplicant
echo "# files";       find /etc/NetworkManager /etc/systemd/network /etc/dhcpcd.conf /run/meshpay-radio \\
                      -type f -exec cksum {} + 2>/dev/null | sort -k 3
true
`;

export async function hostState(node: WorldNode): Promise<string> {
  return node.must(inPlace(node, ['sh', '-c', SCRIPT, 'sh', node.name]));
}
