/**
 * `meshpay lab --radios`: a network whose nodes meet over virtual radios, in a virtual machine. The
 * machine belongs to the tests, which no package carries: it is run as a program of its own, on
 * this terminal, from the source tree that this command was built in.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { failure } from '../failure.ts';
import { builtFile } from './built.ts';

const PROGRAM = builtFile('test/hwsim/lab.js');

export const TOPOLOGIES = ['line', 'ring', 'star', 'full'] as const;

export interface RadioLabRequest {
  readonly radios: number;
  readonly topology: (typeof TOPOLOGIES)[number];
}

/** Ends with the person's `quit`. Throws Failure `lab_failed` when the machine could not be had. */
export async function runRadioLab({ radios, topology }: RadioLabRequest): Promise<void> {
  if (!existsSync(PROGRAM)) {
    throw failure(
      'lab_failed',
      { field: '--radios', expected: 'the source tree of MeshPay', found: 'an installed command' },
      'In a clone of the source: npm run build, then node dist/bundle/meshpay.mjs lab --radios 4.',
    );
  }
  const argv = [PROGRAM, '--radios', `${radios}`, '--topology', topology];
  const child = spawn(process.execPath, argv, { stdio: 'inherit' });
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  if (status === 0) return;
  if (status === 'SIGINT' || status === 130) throw failure('interrupted');
  throw failure('lab_failed', {
    field: '--radios',
    expected: 'a machine with virtual radios',
    found: typeof status === 'number' ? `status ${status}; see above` : status,
  });
}
