/** What every suite on virtual radios begins with: the host, or the reason why there is none. */
import { prepareHost, type ReadyHost } from './host.ts';

const host = await prepareHost((text) => void process.stdout.write(`# hwsim: ${text}\n`));

/** For `describe`: false, or why this host cannot have virtual radios. */
export const skip = host.kind === 'unavailable' ? host.reason : false;
if (skip !== false) process.stdout.write(`# hwsim: skipped: ${skip}\n`);

/** @throws Error in a suite that should have been skipped */
export function readyHost(): ReadyHost {
  if (host.kind === 'unavailable') throw new Error(host.reason);
  return host;
}
