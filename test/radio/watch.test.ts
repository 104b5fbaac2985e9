/**
 * The living picture: what it shows, how it fits a terminal, and the command itself at a real one.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { readEnvironment } from '../../agent/cli/config.ts';
import { PLAIN, paintFor, widthOf } from '../../agent/cli/render/paint.ts';
import {
  barsOf,
  heardBest,
  hopsOf,
  renderSight,
  type Sight,
  sightLine,
  sightView,
} from '../../agent/cli/render/radio-watch.ts';
import { createTerminal } from '../../agent/cli/terminal.ts';
import { type RadioReport, uptimeMs } from '../../agent/shell/radio/report.ts';
import { finished, MESHPAY, startMeshpay } from '../cli/support.ts';
import { found } from '../support/wait.ts';
import { NEIGHBOUR, PATH, REPORT } from './samples.ts';

const QUORUM = { voters: 3, quorum: 3 };
const SIGHT: Sight = { reports: [REPORT], fresh: true, quorum: QUORUM };
const WIDE = { columns: 80, rows: 24 };

function neighbour(last: string, signalDbm: number, inactiveMs = 100) {
  const address = `02:00:00:00:02:${last}`;
  return { ...NEIGHBOUR, address, signalDbm, signalAverageDbm: signalDbm, inactiveMs };
}

function of(change: Partial<RadioReport>, sight: Partial<Sight> = {}): Sight {
  return { ...SIGHT, reports: [{ ...REPORT, ...change }], ...sight };
}

describe('the living picture', () => {
  it('shows neighbours with bars, the best heard first, hops, and whether a payment could be', () => {
    const stations = [neighbour('03', -84), neighbour('04', -55), neighbour('05', -50, 60_000)];
    const far = { ...PATH, hopCount: 1, destination: '02:00:00:00:09:00' };
    assert.equal(
      renderSight(PLAIN, of({ stations, paths: [PATH, far, { ...PATH, active: false }] }), WIDE),
      [
        'mesh0  up  2412 MHz',
        'neighbour          signal            heard  expected',
        '02:00:00:00:02:04  ####    -55 dBm  100 ms  9 Mbit/s',
        '02:00:00:00:02:03  #---    -84 dBm  100 ms  9 Mbit/s',
        '02:00:00:00:02:05  ----    -50 dBm   1 min  9 Mbit/s',
        'hops  1: 1 node  2: 1 node',
        'payment  yes: 3 authorities vote, 3 needed',
        'Ctrl-C ends it.',
      ].join('\n'),
    );
  });

  it('says no where too few authorities answer, and that it does not know where no node does', () => {
    const text = (sight: Partial<Sight>) => renderSight(PLAIN, { ...SIGHT, ...sight }, WIDE);
    assert.match(text({ quorum: { voters: 2, quorum: 3 } }), /payment {2}no: 2 authorities vote/);
    assert.match(text({ quorum: undefined }), /payment {2}unknown/);
    assert.match(text({ fresh: false }), /^meshpay-radio says nothing any more\n/);
    assert.doesNotMatch(text({}), /says nothing/);
    assert.match(
      renderSight(PLAIN, of({ stations: [], paths: [] }), WIDE),
      /no neighbour\nhops {2}none/,
    );
  });

  it('fits the columns, painted or not, and the rows', () => {
    const stations = [...Array(40).keys()].map((n) => neighbour(`${n + 10}`, -60));
    for (const paint of [PLAIN, paintFor(true)]) {
      for (const [columns, rows] of [
        [80, 24],
        [40, 24],
        [20, 10],
        [80, 60],
      ] as const) {
        const lines = renderSight(paint, of({ stations }), { columns, rows }).split('\n');
        assert.ok(
          lines.every((line) => widthOf(line) < columns),
          `${columns}`,
        );
        assert.ok(lines.length < rows, `${lines.length} of ${rows}`);
        assert.equal(
          lines.some((line) => line.includes('and ')),
          rows < 60,
        );
        for (const line of lines) {
          // What was painted is closed: as many beginnings as ends.
          const [on = [], off = []] = [
            line.match(/\[(?:1|2|3[0-8])m/g),
            line.match(/\[(?:22|39)m/g),
          ].map((all) => all ?? []);
          assert.equal(on.length, off.length, JSON.stringify(line));
        }
      }
    }
  });

  it('shares the rows of a small screen between two meshes', () => {
    const stations = [...Array(20).keys()].map((n) => neighbour(`${n + 10}`, -60));
    const reports = [
      { ...REPORT, stations },
      { ...REPORT, stations },
    ];
    const lines = renderSight(PLAIN, { ...SIGHT, reports }, WIDE).split('\n');
    assert.ok(lines.length < 24);
    assert.equal(lines.filter((line) => line.startsWith('mesh0  up')).length, 2);
    assert.equal(lines.filter((line) => line.startsWith('hops')).length, 2);
  });

  it('is one line elsewhere', () => {
    assert.equal(
      sightLine(SIGHT),
      'mesh0 up: 1 neighbour, best 02:00:00:00:02:00 -60 dBm, 2 hops at most; payment yes',
    );
    assert.equal(
      sightLine(of({ stations: [neighbour('03', -60, 60_000)], paths: [] }, { quorum: undefined })),
      'mesh0 up: 0 neighbours; payment unknown',
    );
    assert.match(sightLine({ ...SIGHT, fresh: false }), /^no news; /);
    assert.match(sightLine({ ...SIGHT, quorum: { voters: 2, quorum: 3 } }), /payment no$/);
  });

  it('is an object for a program', () => {
    const { payment, meshes } = sightView(SIGHT);
    assert.deepEqual(payment, { possible: true, voters: 3, quorum: 3 });
    assert.deepEqual(meshes[0]?.hops, { 2: 1 });
    const [first] = meshes[0]?.neighbours ?? [];
    assert.deepEqual([first?.bars, first?.heard, first?.signalDbm], [4, true, -60]);
    assert.equal(sightView({ ...SIGHT, quorum: undefined }).payment, null);
  });
});

describe('what the picture is made of', () => {
  it('has a bar more at -85, -78, -70 and -60 dBm', () => {
    const seen = [-86, -85, -79, -78, -71, -70, -61, -60, -20].map(barsOf);
    assert.deepEqual(seen, [0, 1, 1, 2, 2, 3, 3, 4, 4]);
    assert.equal(barsOf(undefined), 0);
  });

  it('counts nodes by hops, on active paths alone', () => {
    const at = (hopCount: number | undefined, active = true) => ({ ...PATH, hopCount, active });
    assert.deepEqual(
      [...hopsOf([at(3), at(1), at(3), at(undefined), at(2, false)])],
      [
        [1, 1],
        [3, 2],
      ],
    );
  });

  it('leaves out who is not peered, and puts who is silent last', () => {
    const other = { ...neighbour('06', -10), peerLink: 'LISTEN' as const };
    const silent = neighbour('05', -20, 60_000);
    const names = heardBest([silent, other, neighbour('03', -70)]).map(({ address }) => address);
    assert.deepEqual(names, ['02:00:00:00:02:03', '02:00:00:00:02:05']);
  });
});

describe('a screen', () => {
  it('takes the whole last picture away before it shows the next one', () => {
    const written: string[] = [];
    const out = { write: (text: string) => written.push(text), isTTY: true, columns: 0, rows: 0 };
    const { screen } = createTerminal(out, out, readEnvironment({}));
    assert.deepEqual(screen?.size(), { columns: 80, rows: 24 });
    screen.draw('one\ntwo\u0007');
    screen.draw('three');
    assert.ok(written[0]?.startsWith('\r\u001b[Jone\ntwo'));
    assert.equal(written[1], '\u001b[2A\r\u001b[Jthree\n');
    assert.ok(!written.join('').includes('\u0007'));
  });

  it('is none where nothing can be drawn over', () => {
    const out = { write: () => undefined, isTTY: true };
    assert.equal(
      createTerminal({ ...out, isTTY: false }, out, readEnvironment({})).screen,
      undefined,
    );
    assert.equal(createTerminal(out, out, readEnvironment({ TERM: 'dumb' })).screen, undefined);
  });
});

const noScript = existsSync('/usr/bin/script') ? false : 'there is no script(1) here';

describe('meshpay radio watch', () => {
  /** A folder with a configuration, and a report that is kept fresh while the test goes on. */
  function make(t: { after(end: () => void): void }, report: RadioReport) {
    const folder = mkdtempSync(join(tmpdir(), 'meshpay-watch-'));
    const file = join(folder, 'status.json');
    let count = 0;
    const write = () => {
      count += 1;
      // Whole or not at all, as meshpay-radio does.
      writeFileSync(`${file}.new`, JSON.stringify({ ...report, uptimeMs: uptimeMs() }));
      renameSync(`${file}.new`, file);
    };
    write();
    const timer = setInterval(write, 200);
    t.after(() => {
      clearInterval(timer);
      rmSync(folder, { recursive: true, force: true });
    });
    const config = join(folder, 'node.toml');
    writeFileSync(
      config,
      `name = "oak"\nrole = "relay"\n[radio]\nbody = "linux"\nstatus_file = "${file}"\n` +
        `[control]\nsocket = "${join(folder, 'none.sock')}"\n`,
    );
    return { folder, config, writes: () => count };
  }

  for (const columns of [80, 40]) {
    it(`draws over itself at a terminal of ${columns} columns, until Ctrl-C`, {
      skip: noScript,
    }, async (t) => {
      const stations = [...Array(30).keys()].map((n) => neighbour(`${n + 10}`, -60));
      const { folder, config } = make(t, { ...REPORT, stations });
      const command =
        `stty cols ${columns} rows 20; exec ${process.execPath} ${MESHPAY} ` +
        `radio watch --config ${config}`;
      const { PATH: path } = process.env;
      const child = spawn('script', ['-qfec', command, '/dev/null'], {
        cwd: folder,
        env: { PATH: path, HOME: folder, TERM: 'xterm' },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let seen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        seen += text;
      });
      const ended = finished(child);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the cursor goes up.
      const redraw = /\u001b\[(\d+)A\r/g;
      await found(
        () => ([...seen.matchAll(redraw)].length >= 2 ? true : undefined),
        'two pictures',
      );
      child.stdin.write('\u0003');
      const { status } = await ended;
      assert.equal(status, 0);
      const pictures = seen.split(redraw).filter((_, i) => i % 2 === 0);
      const lines = pictures.flatMap((each) => stripVTControlCharacters(each).split(/\r*\n/));
      assert.ok(
        lines.every((line) => line.length < columns),
        'no line wraps',
      );
      assert.ok(lines.some((line) => line.startsWith('02:00:00:00:02:10  ####')));
      assert.equal(
        lines.some((line) => line.includes('expected')),
        columns === 80,
      );
      for (const [, up] of seen.matchAll(redraw)) assert.ok(Number(up) < 20);
    });
  }

  it('prints a line where there is no terminal, and again only when it is another', async (t) => {
    const { folder, config, writes } = make(t, REPORT);
    const child = startMeshpay(['radio', 'watch', '--config', config], folder);
    const ended = finished(child);
    let seen = '';
    child.stdout?.on('data', (text) => {
      seen += text;
    });
    await found(() => (seen.includes('\n') ? true : undefined), 'a line');
    const before = writes();
    await found(() => (writes() > before + 8 ? true : undefined), 'time for three more looks');
    child.kill('SIGINT');
    const { out, status } = await ended;
    assert.equal(status, 0);
    assert.match(out, /^mesh0 up: 1 neighbour, [^\n]*; payment unknown\n$/);
  });

  it('prints an object for each report', async (t) => {
    const { folder, config } = make(t, REPORT);
    const child = startMeshpay(['radio', 'watch', '--json', '--config', config], folder);
    const ended = finished(child);
    let seen = '';
    child.stdout?.on('data', (text) => {
      seen += text;
    });
    await found(() => (seen.split('\n').length > 2 ? true : undefined), 'two lines');
    child.kill('SIGINT');
    await ended;
    const [first = ''] = seen.split('\n');
    assert.equal(JSON.parse(first).meshes[0].neighbours[0].bars, 4);
  });

  it('ends where there is no report at all', async (t) => {
    const { folder, config } = make(t, REPORT);
    writeFileSync(config, 'name = "oak"\nrole = "relay"\n[radio]\nstatus_file = "/nowhere"\n');
    const { status, err } = await finished(
      startMeshpay(['radio', 'watch', '--config', config], folder),
    );
    assert.equal(status, 69);
    assert.match(err, /radio_silent/);
  });
});
