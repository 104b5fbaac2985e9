/** The largest sound genesis document: the daemon and the command line read the same files. */
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { readGenesisFile } from '../../agent/cli/network/read.ts';
import { MAX_ISSUANCE, MAX_MEMBERS, MAX_NAME_LENGTH } from '../../agent/core/base/limits.ts';
import type { Amount, TokenIndex } from '../../agent/core/base/units.ts';
import { checkGenesis, networkOf } from '../../agent/core/network/genesis.ts';
import { genesisToJson } from '../../agent/core/network/genesis-json.ts';
import { readConfiguredGenesis } from '../../agent/shell/config/configured-genesis.ts';
import { MAX_GENESIS_BYTES } from '../../agent/shell/config/limits.ts';
import { temporaryFolder, testNetwork } from './support.ts';

function key(number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number + 1);
  return bytes;
}

it('a genesis document of the largest kind is taken by both, and a longer file by neither', (t) => {
  const folder = temporaryFolder(t);
  const genesis = {
    ...testNetwork().network.genesis,
    name: 'n'.repeat(MAX_NAME_LENGTH),
    members: Array.from({ length: MAX_MEMBERS }, (_, i) => ({
      name: `m${i}`.padEnd(MAX_NAME_LENGTH, 'x'),
      key: key(i),
    })),
    issuance: Array.from({ length: MAX_ISSUANCE }, (_, i) => ({
      account: key(10_000 + i),
      token: 0 as TokenIndex,
      amount: (10n ** 34n) as Amount,
    })),
  };
  assert.equal(checkGenesis(genesis), undefined);
  const network = networkOf(genesis);
  const file = join(folder, 'genesis.json');
  const text = JSON.stringify(genesisToJson(genesis), undefined, 2);
  writeFileSync(file, text);
  t.diagnostic(`${statSync(file).size} bytes`);
  for (const size of [text.length, MAX_GENESIS_BYTES]) {
    writeFileSync(file, text.padEnd(size, ' '));
    assert.deepEqual(readGenesisFile(file).id, network.id);
    const read = readConfiguredGenesis(file);
    assert.ok('id' in read);
    assert.deepEqual(read.id, network.id);
  }
  writeFileSync(file, text.padEnd(MAX_GENESIS_BYTES + 1, ' '));
  assert.throws(() => readGenesisFile(file), { code: 'bad_file' });
  assert.ok('expected' in readConfiguredGenesis(file));
});
