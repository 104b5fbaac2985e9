/**
 * The stage of a transcript: a small world (test/support/world.ts), and the commands that move it.
 * Nothing happens by itself: frames wait on their way until they are delivered, time stands until
 * it is told to pass. So a transcript says the same each time.
 */
import { utf8 } from '@scure/base';
import { invariant } from '../../agent/core/base/assert.ts';
import { isRefusal } from '../../agent/core/base/refusal.ts';
import { parseAmount } from '../../agent/core/base/units.ts';
import { decodeOwn } from '../../agent/core/codec/canonical.ts';
import { frameCoder } from '../../agent/core/codec/message.ts';
import { faultsTolerated, quorumOf } from '../../agent/core/network/committee.ts';
import { readLiveOrder, readWallet } from '../../agent/core/wallet/holdings.ts';
import { accountAt, balanceAt, lockedAt } from '../support/ledger.ts';
import { type Carried, HRS, type Place, type World } from '../support/world.ts';
import { Scene } from './scene.ts';
import type { Taken, Telling } from './telling.ts';
import type { Words } from './words.ts';

/** What happens in a world that never comes to rest is no scenario. */
const MAX_WAVES = 200;

const HEARTBEATS = ['yes', 'no', 'untold'] as const;
const PAYOUT_ENDS = ['final', 'refused'] as const;
const CLOSING_CAUSES = ['wish', 'proof'] as const;

/** One command: its name, and what stands behind it. */
type Command = (args: readonly string[]) => string[];

export class Stage {
  #scene: Scene | undefined;
  #taken: Taken[] = [];

  /** Carries out one line, and says what came of it. Throws if it is no command. */
  do(line: string): string[] {
    const [name = '', ...args] = line.split(/\s+/);
    const command = this.#commands[name];
    if (command === undefined) {
      throw new Error(`no command ${name}: there are ${Object.keys(this.#commands).join(', ')}`);
    }
    const outcome = command(args);
    return outcome.length === 0 ? ['nothing'] : outcome;
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    /**
     * network authorities=a,b,c,d wallets=x,y relays=z each=10.00: who there is, and what each has.
     * With heartbeats=yes they are carried, and told; with heartbeats=untold only carried.
     * gateways=a: those of them that serve the cashbook. newcomers=e: who may come in later.
     */
    network: (args) => {
      const given = new Map(args.map((arg) => arg.split('=', 2) as [string, string]));
      const list = (name: string) => (given.get(name) ?? '').split(',').filter((one) => one !== '');
      this.#scene = new Scene({
        authorities: list('authorities'),
        wallets: list('wallets'),
        relays: list('relays'),
        issue: minor(given.get('each') ?? '10.00'),
        gateways: list('gateways'),
        newcomers: list('newcomers'),
        heartbeats: wordFrom(HEARTBEATS, given.get('heartbeats') ?? 'no'),
      });
      this.#taken = [];
      this.#set.onTaken = (taken) => this.#taken.push(taken);
      return this.#cast();
    },
    /** link x y ...: x gets a link to each of them. `link all`: everybody to every authority. */
    link: ([from = '', ...to]) => {
      if (from === 'all') return this.#linkAll();
      for (const other of to) this.#world.connect(from, other);
      return this.#told();
    },
    /** cut x: all links of x go down. */
    cut: ([name = '']) => {
      this.#world.cut(name);
      return this.#told();
    },
    /** crash x: its process dies, and with it links and memory. */
    crash: ([name = '']) => {
      this.#world.crash(name);
      return this.#told();
    },
    /** start x: it comes up again, with its disk. Links have to be made anew. */
    start: ([name = '']) => {
      this.#world.restart(name);
      return this.#told();
    },
    /** copy x y: a second machine y with the key and the disk of x. */
    copy: ([name = '', as = '']) => {
      this.#world.copy(name, as);
      return this.#told();
    },
    /** pay x y 3.00: x asks the authorities, and signs when they would vote. */
    pay: ([from = '', to = '', amount = '']) => {
      this.#world.plan(from, to, minor(amount));
      return this.#told();
    },
    /** order x y 3.00: x signs at once, without asking anybody. */
    order: ([from = '', to = '', amount = '']) => {
      this.#world.pay(from, to, minor(amount));
      return this.#told();
    },
    /**
     * withdraw x 3.00 Anna 60000: x asks, and signs, to have this paid out to Anna by the cashbook,
     * if that is decided within so many milliseconds; an hour if it does not say.
     */
    withdraw: ([from = '', amount = '', to = '', ms = '3600000']) => {
      const validUntilMs = BigInt(this.#world.nowMs + Number(ms));
      this.#world.withdraw(from, minor(amount), { recipient: utf8.decode(to), validUntilMs });
      return this.#told();
    },
    /** payout final: what becomes of the one payout in the cashbook; its gateways hear of it. */
    payout: ([state = '']) => {
      this.#set.ledger.become(this.#set.ledger.only, wordFrom(PAYOUT_ENDS, state));
      return this.#told();
    },
    /** close x wish: x has the sequence of its order closed; or `proof`, for its two orders. */
    close: ([name = '', by = '']) => {
      const command = { kind: 'close', by: wordFrom(CLOSING_CAUSES, by) } as const;
      this.#world.event(this.#world.place(name), { kind: 'command', command });
      return this.#told();
    },
    /** approve x a,b,c,e: the operator of x wants these to be the next committee. */
    approve: ([name = '', names = '']) => {
      this.#set.approve(name, names.split(','));
      return this.#told();
    },
    /** refresh x: the wallet asks what is known of it. */
    refresh: ([name = '']) => {
      this.#world.refresh(name);
      return this.#told();
    },
    /**
     * deliver: all frames, and what follows. deliver x -> y: those that are there on this way now.
     */
    deliver: (args) => {
      if (args.length > 0) {
        this.#world.deliverThose(this.#onWay(args));
        return this.#told();
      }
      const outcome: string[] = [];
      for (let wave = 0; this.#world.deliverThose(() => true) > 0; wave++) {
        invariant(wave < MAX_WAVES, 'a scenario whose nodes never fall silent');
        outcome.push(...(wave > 0 ? ['...'] : []), ...this.#told());
      }
      return outcome;
    },
    /** lose x -> y: the frames that are on this way now never arrive. */
    lose: (args) => {
      const lost = this.#world.loseThose(this.#onWay(args));
      return lost.map(({ wire, bytes }) => {
        const text = this.#telling.frame(decodeOwn(frameCoder, bytes), wire.to.name);
        return `lost ${wire.from.name} -> ${wire.to.name}: ${text}`;
      });
    },
    /** tick 5000: so many milliseconds pass, frames stay where they are. */
    tick: ([ms = '']) => {
      const untilMs = this.#world.nowMs + Number(ms);
      while (this.#world.wakeNext(untilMs));
      return this.#told();
    },
    /**
     * settle 30000: so many milliseconds pass and frames are delivered; only what people see is
     * told.
     */
    settle: ([ms = '0']) => {
      this.#world.run();
      this.#world.pass(Number(ms));
      return this.#telling.notices(this.#taken.splice(0));
    },
    /** show x: an authority's ledger, or what a wallet holds. */
    show: (names) => names.flatMap((name) => this.#shown(this.#world.place(name))),
  };

  get #set(): Scene {
    if (this.#scene === undefined) throw new Error('a scenario begins with its network');
    return this.#scene;
  }

  get #world(): World {
    return this.#set.world;
  }

  get #words(): Words {
    return this.#set.words;
  }

  get #telling(): Telling {
    return this.#set.telling;
  }

  #cast(): string[] {
    const n = this.#world.network.committee.members.length;
    const hostile = faultsTolerated(n);
    return [`${n} authorities: ${quorumOf(n)} votes are a quorum, ${hostile} may be hostile`];
  }

  #told(): string[] {
    return this.#telling.whole(this.#taken.splice(0));
  }

  #linkAll(): string[] {
    this.#world.connectAll();
    this.#taken = [];
    return ['everybody has links to all authorities, and nothing is left to say'];
  }

  /** `x -> y`, with `*` for anybody; `order x -> y` only for frames with this message. */
  #onWay(args: readonly string[]): (carried: Carried) => boolean {
    const arrow = args.indexOf('->');
    const [from, to] = [args[arrow - 1], args[arrow + 1]];
    invariant(arrow > 0 && to !== undefined, 'a way is written x -> y');
    const tag = arrow === 2 ? args[0] : undefined;
    return ({ wire, bytes }) =>
      (from === '*' || wire.from.name === from) &&
      (to === '*' || wire.to.name === to) &&
      (tag === undefined || decodeOwn(frameCoder, bytes).message.TAG === tag);
  }

  #shown(place: Place): string[] {
    if (place.setup.wallet !== undefined) return [this.#wallet(place)];
    const owners = this.#world.wallets.filter(
      ({ name, signer }) => this.#words.who(signer.publicKey) === name,
    );
    return owners.map(({ name: owner }) => {
      const account = accountAt(this.#world, place.name, owner);
      const { next, pending } = account;
      const order = pending === undefined ? '' : `, pending ${this.#words.order(pending)}`;
      const balance = this.#words.amount(balanceAt(this.#world, place.name, owner));
      const aside = [
        ['locked', lockedAt(this.#world, place.name, owner)],
        ['reserved', account.reserved.find(({ token }) => token === HRS)?.balance ?? 0n],
      ] as const;
      const kept = aside
        .filter(([, amount]) => amount > 0n)
        .map(([what, amount]) => `, ${this.#words.amount(amount)} ${what}`);
      return `${place.name}: ${owner} has ${balance}${kept.join('')}, next is #${next}${order}`;
    });
  }

  #wallet({ name, state, signer }: Place): string {
    const read = { get: (key: Parameters<typeof state.get>[0]) => state.get(key) };
    const { next, balances } = readWallet(read, this.#world.network, signer.publicKey);
    const balance = balances.find(({ token }) => token === HRS)?.balance ?? 0n;
    const live = readLiveOrder(read);
    const order = live === undefined ? '' : `, unfinished ${this.#words.order(live.order)}`;
    return `${name}: holds ${this.#words.amount(balance)}, next is #${next}${order}`;
  }
}

function wordFrom<W extends string>(words: readonly W[], text: string): W {
  const word = words.find((each) => each === text);
  if (word === undefined) throw new Error(`${text} is none of ${words.join(', ')}`);
  return word;
}

function minor(text: string): bigint {
  const amount = parseAmount(text, 2);
  if (isRefusal(amount)) throw new Error(`${text} is no amount`);
  return amount;
}
