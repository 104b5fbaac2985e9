/** The control socket of a real daemon: garbage does no harm, and what happens can be followed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connectControl } from '../../agent/shell/control/client.ts';
import type { EventView } from '../../agent/shell/control/event-view.ts';
import { MAX_CONTROL_REQUEST_BYTES } from '../../agent/shell/control/limits.ts';
import { PATIENCE_MS, until } from '../support/wait.ts';
import { startNetwork, type TestNetwork } from './network.ts';

describe('the control socket of a daemon', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startNetwork({ authorities: 4 });
  });
  after(() => network.close());

  /** Sends bytes, and takes in what comes back until the daemon hangs up. */
  function talk(bytes: Uint8Array): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(network.authority(0).socket, () => socket.end(bytes));
      let text = '';
      socket.on('data', (piece) => {
        text += piece.toString();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(text));
    });
  }

  it('is for its owner and group only', () => {
    assert.equal(statSync(network.authority(0).socket).mode & 0o777, 0o660);
  });

  it('answers garbage with codes, and the daemon goes on', async () => {
    const { pid } = await network.authority(0).control.request('status');
    const floods = [
      randomBytes(10_000),
      Buffer.alloc(MAX_CONTROL_REQUEST_BYTES * 4, 'x'),
      Buffer.from('\n'.repeat(1_000)),
      Buffer.from('{"id":1,"method":"account","params":{"account":"mp1"}}\n'),
      Buffer.from(`{"id":1,"method":"log.level","params":{"level":"${'x'.repeat(1_000)}"}}\n`),
    ];
    for (const flood of floods) {
      const answers = (await talk(flood)).split('\n').filter((line) => line !== '');
      for (const line of answers) {
        const { error } = JSON.parse(line) as { error: { code: string } };
        assert.match(error.code, /^(bad_request|request_too_long|bad_name|bad_params)$/);
      }
    }
    const status = await network.authority(0).control.request('status');
    assert.equal(status.pid, pid);
    assert.equal(
      network
        .authority(0)
        .log()
        .filter(({ level }) => level === 'error').length,
      0,
    );
  });

  it('changes the level of the log while the node runs', async () => {
    const { control } = network.authority(2);
    assert.deepEqual(await control.request('log.level', { level: 'silent' }), { level: 'silent' });
    await control.request('reload');
    // What was set by hand holds until the configuration is read again.
    assert.deepEqual(await control.request('log.level'), { level: 'debug' });
  });
});

describe('those who follow a daemon', () => {
  // A node that is killed closes its TCP connections; of a datagram link nobody says that it is
  // dead.
  for (const transport of ['tcp', 'datagram'] as const) {
    it(`see a peer go and come back, over ${transport}`, async (t) => {
      const config = { 'links.transport': transport };
      const network = await startNetwork({ authorities: 4, config });
      t.after(() => network.close());
      const client = await connectControl(network.authority(0).socket);
      t.after(() => client.close());
      const states: string[] = [];
      const onEvent = (event: EventView): void => {
        assert.equal(event.kind, 'peer');
        if (event.kind === 'peer' && event.name === 'authority-1') states.push(event.to);
      };
      client.request('events', { kinds: ['peer'] }, { onEvent }).catch(() => {});
      // Requests of one connection are taken in order: the events flow when this is answered.
      await client.request('status');
      await network.authority(1).restart();
      const left = () => states.indexOf('reconnecting');
      await until(() => left() >= 0 && states.indexOf('ready', left()) > 0, 'both', PATIENCE_MS);
    });
  }
});
