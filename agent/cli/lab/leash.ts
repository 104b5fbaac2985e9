/**
 * Loaded into every daemon of a lab before the daemon itself (node --import): when the lab is gone,
 * however it went, its end of the daemon's standard input is closed by the system, and the daemon
 * stops in order; if it has not within five seconds, at once. So no lab leaves a daemon behind, and
 * the daemon itself knows nothing of labs.
 */
const STOP_WITHIN_MS = 5_000;

process.stdin.on('error', stop);
process.stdin.on('end', stop);
process.stdin.resume();
// The leash alone must not keep a daemon alive that wants to end.
process.stdin.unref();

function stop(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_WITHIN_MS).unref();
  process.kill(process.pid, 'SIGTERM');
}
