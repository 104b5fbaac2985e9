/** What a service manager says in the environment: heard by whom it is meant for. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readServiceEnvironment } from '../../agent/shell/config/config-service.ts';

it('a watchdog is meant for this process, or for whoever reads it', () => {
  const watchdog = (pid: string | undefined, period: string | undefined) =>
    readServiceEnvironment({ WATCHDOG_PID: pid, WATCHDOG_USEC: period }).watchdogMs;
  assert.equal(watchdog(undefined, '30000000'), 30_000);
  assert.equal(watchdog(`${process.pid}`, '30000000'), 30_000);
  assert.equal(watchdog(`${process.pid + 1}`, '30000000'), undefined);
  assert.equal(watchdog(undefined, '1999'), 1);
  for (const none of [undefined, '', '0', '999', 'soon', '-5000']) {
    assert.equal(watchdog(undefined, none), undefined, none);
  }
});

it('a socket without a name is none', () => {
  const socket = (name: string | undefined) =>
    readServiceEnvironment({ NOTIFY_SOCKET: name }).notifySocket;
  assert.deepEqual([undefined, '', '/run/notify', '@abstract'].map(socket), [
    undefined,
    undefined,
    '/run/notify',
    '@abstract',
  ]);
});
