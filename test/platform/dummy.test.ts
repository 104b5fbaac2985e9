/** The dummy body: conformance. */
import { DummyPlatform } from '../../platform/dummy/dummy.ts';
import type { Phy } from '../../platform/radio.ts';
import { conform } from './conformance.ts';
import { PHY, PHY_WITHOUT_MESH, station } from './samples.ts';

conform('dummy', async () => {
  const phys: Phy[] = [PHY_WITHOUT_MESH, PHY];
  const platform = new DummyPlatform(phys, [station('02:00:00:00:00:0b', 100)]);
  return {
    platform,
    changeCountry: (country) => platform.emit({ kind: 'regulatory_changed', country }),
    picture: () => platform.running ?? 'nothing',
    removeMesh: () => phys.pop(),
  };
});
