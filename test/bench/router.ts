/** How a router starts the daemon: little memory for V8 (LESSONS; systemd and procd units). */
export const ROUTER_FLAGS = [
  '--max-semi-space-size=1',
  '--max-old-space-size=48',
  '--optimize-for-size',
];
