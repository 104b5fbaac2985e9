/**
 * Every bound of the protocol, in one place, with the relations between them asserted below
 * (PROTOCOL: Bounds; the habit is TigerBeetle's). Bounds of sockets, files and caches that the
 * protocol does not see stand beside their owners, in files of this name too
 * (agent/shell/limits-relations.ts names them all).
 */
import { invariant } from './assert.ts';

/** The version of everything that is signed, sent or stored. */
export const PROTOCOL_VERSION = 1;

export const MAX_AMOUNT = 2n ** 128n - 1n;
export const MAX_SEQUENCE = 2n ** 64n - 1n;
export const MAX_BALANCE = 2n ** 199n - 1n;

/** Authorities of one committee; planned for are 4 to 31. */
export const MAX_MEMBERS = 64;
/** Tokens of one network. */
export const MAX_TOKENS = 64;
/** Decimal places of a token: 2^128 has 39 digits. */
export const MAX_TOKEN_DECIMALS = 30;
/** Characters of a token's symbol. */
export const MAX_SYMBOL_LENGTH = 12;
/** Characters of a network's or a member's name. */
export const MAX_NAME_LENGTH = 32;
/**
 * First votes for one account in an hour that a genesis document may allow: a thousand a second.
 */
export const MAX_VOTES_PER_HOUR = 3_600_000;
/** Entries of closed-loop issuance in a genesis document. */
export const MAX_ISSUANCE = 16_384;
/** Outer ledgers of one network. */
export const MAX_LEDGERS = 16;
/** Bytes of UTF-8 that say what an outer ledger is, for people. */
export const MAX_ABOUT_BYTES = 120;
/** Bytes of UTF-8 in the recipient of a withdrawal, in the outer ledger's own syntax. */
export const MAX_RECIPIENT_BYTES = 128;
/** The last moment that a time for people may name: the end of JavaScript's Date, year 275760. */
export const MAX_WALL_MS = 8_640_000_000_000_000n;
/** How far ahead a wallet lets a withdrawal be tried. */
export const MAX_VALID_FOR_MS = 30 * 24 * 3_600_000;
/** Random bytes that tell one question for the latest from every other. */
export const NONCE_BYTES = 16;
/** Random bytes that a process is given at its start. */
export const SEED_BYTES = 16;
/** Bytes of UTF-8 in an order's memo before it is sealed. */
export const MAX_MEMO_BYTES = 64;
/** Bytes of every sealed memo: a tag, a length, and the memo padded to its bound. */
export const SEALED_MEMO_BYTES = 16 + 1 + MAX_MEMO_BYTES;

/** Bytes of UTF-8 in what an outer ledger calls a payout, or says is wrong, for people. */
export const MAX_LEDGER_REFERENCE_BYTES = 120;
/** Deposits that a ledger shows at once. */
export const MAX_DEPOSITS_PER_PAGE = 64;
/** How often withdrawals that are not finished are looked at again, and how many at once. */
export const LOOK_AT_LEDGERS_MS = 1_000;
export const MAX_LOOKS_AT_ONCE = 64;
/** So often a pause doubles after each time that a ledger could not be asked. */
export const MAX_LEDGER_BACKOFFS = 6;
/** Looks after which a ledger is asked though it has not said that there is any news. */
export const LOOKS_AT_REST = 16;
/** Statements of one observer that are remembered until there are enough of them. */
export const MAX_TESTIMONIES = 256;
/** Facts of one answer. */
export const MAX_FACTS_PER_FRAME = 8;

/** Random bytes that tell one cashbook from another; bytes of UTF-8 in what is written into it. */
export const BOOK_ID_BYTES = 16;
export const MAX_BOOK_NOTE_BYTES = 120;
export const MAX_RECEIPT_NUMBER_BYTES = 60;

/** Bytes of one frame on a stream, without its length prefix. */
export const MAX_FRAME_BYTES = 20_480;
/** Relays that one frame may pass on its way, and so entries of its return route. */
export const MAX_ROUTE_HOPS = 4;
/** Bytes of one signed discovery beacon: one unfragmented IPv6 packet. */
export const MAX_BEACON_BYTES = 512;

/** Certificates in one answer. */
export const MAX_CERTIFICATES_PER_FRAME = 4;
/** Double-spend proofs in one answer. */
export const MAX_PROOFS_PER_FRAME = 16;
/** Accounts of one bucket for which certificates are asked or given at once. */
export const MAX_BUCKET_EXCHANGES = 32;
/** Children of a node of the digest tree, and levels below its root: the nibbles of a key. */
export const DIGEST_FANOUT = 16;
export const MAX_DIGEST_DEPTH = 64;
/** Bytes by which a bucket tells the histories of two accounts apart. */
export const HISTORY_MARK_BYTES = 8;
/** Accounts that a bucket holds before it is split: few, since its digest reads all of them. */
export const MAX_BUCKET_ACCOUNTS = 8;
/** Journal entries after which the digests on disk are brought up to them. */
export const DIGESTS_KEPT_EVERY = 256;
/** Differing children of one digest that are followed at once; the rest wait for the next round. */
export const MAX_DIGEST_DESCENTS = 4;

/** Accounts that one authority holds; transfers to a further one are refused, not dropped. */
export const MAX_ACCOUNTS = 200_000;
/** Links to nodes that are no authorities, of which one node keeps note at a time. */
export const MAX_RELAY_LINKS = 128;
/** Links to one member at a time: old ones may not be known to be dead yet. */
export const MAX_LINKS_PER_MEMBER = 4;
export const MAX_LINKS = MAX_RELAY_LINKS + MAX_LINKS_PER_MEMBER * MAX_MEMBERS;

/**
 * How often a relay asks over a link whether it leads to an authority, and how long a yes holds.
 */
export const ASK_WAYS_EVERY_MS = 3_000;
export const LEADS_FOR_MS = 60_000;
/** Links over which one frame makes a relay ask: what one frame costs is bounded. */
export const MAX_WAYS_ASKED = 32;

/** Pause of a client before it sends the same order again: doubles from the first to the second. */
export const RETRY_FIRST_MS = 250;
export const RETRY_LAST_MS = 10_000;
/**
 * So often the pause doubles of a wallet that asks before it signs: somebody waits for the answers.
 */
export const PLAN_ATTEMPTS_FASTER = 3;
/**
 * Attempts to bring an order, or its certificate, over one way; those after them take several at
 * once.
 */
export const ATTEMPTS_OVER_ONE_WAY = 3;
/** Links over which a wallet sends a frame at once that has to arrive whoever withholds it. */
export const MAX_WAYS_AT_ONCE = 4;
/** Pages of its income that a wallet behind relays asks a member for, each after the one before. */
export const MAX_PAGES_IN_A_ROW = 16n;
/** Certificates of its income that a wallet shows an authority at once that misses balance. */
export const MAX_INCOME_SHOWN = 8;
/**
 * How long nobody else is asked for what one member is asked for, and of how much that is known.
 */
export const CLAIM_MS = 1_000;
/** How long at most, however much that member brings meanwhile. */
export const MAX_CLAIM_MS = 8_000;
export const MAX_CLAIMS = 1_024;
/** How long it is the same member's turn to bring a part of the ledger first (catchup.ts). */
export const TURN_MS = 2_000;
/**
 * Pause between two rounds of catch-up with the same peer, when the last one found no difference.
 */
export const SYNC_IDLE_MS = 5_000;
/** The same, while there still is a difference. */
export const SYNC_BUSY_MS = 250;
/**
 * While certificates come in, a round waits until none has come for so long: what the one before
 * asked for is still on its way.
 */
export const SYNC_QUIET_MS = 50;
/**
 * Early rounds that bring nothing double their pause so often, until it is that between two others.
 */
export const MAX_IDLE_HURRIES = 5;

/** How often an authority tells the others that it is there (presence/heartbeat.ts). */
export const HEARTBEAT_MS = 2_000;
/** Who has not proven for so long to be there is silent: two heartbeats in a row may be lost. */
export const SILENT_AFTER_MS = 9_000;
/** Who fell silent is heard again after so long without a gap. */
export const STEADY_MS = 4_000;
/** At least so long between two answers to one member. */
export const HEARTBEAT_ANSWER_MS = 500;
/** Who is silent and has no link here is told with every so many heartbeats. */
export const HEARTBEATS_TO_SILENT_EVERY = 4;
/** Times of heartbeats that are kept: those that can still prove something. */
export const MAX_HEARTBEATS_KEPT = 1 + SILENT_AFTER_MS / HEARTBEAT_ANSWER_MS;

/**
 * Orders without a certificate that are told again in one round, and accounts looked at for them.
 */
export const MAX_RETOLD_ORDERS = 16;
export const MAX_RETELL_LOOKS = 256;
/** The votes given last, whose orders are told again first. */
export const MAX_RECENT_VOTES = 64;

/** Bytes of a value that is agreed on. */
export const MAX_AGREED_VALUE_BYTES = 14_336;
/** Subjects that an authority debates at once; others wait for their turn. */
export const MAX_SUBJECTS_OPEN = 64;
/** How long a round of agreement waits for what is due; doubles with the rounds, so many times. */
export const ROUND_WAIT_MS = 500;
export const MAX_ROUND_DOUBLINGS = 7;
/**
 * When what was said of a subject is told again; doubles, so many times, while nothing new is
 * heard.
 */
export const TELL_AGAIN_MS = 250;
export const MAX_TELL_DOUBLINGS = 5;

/**
 * Orders that a decision may find possible at once: with more split votes it waits for more
 * statements.
 */
export const MAX_CLOSING_ORDERS = 26;
/** Closings whose statements are told again without being asked for. */
export const MAX_TOLD_PLACES = 64;
/**
 * Payments of a wallet that are found by the first bytes of their names, of those that share them:
 * names are hashes, so a second one is rare, and what is past this many is found by a search.
 */
export const MAX_PAYMENTS_NAMED = 8;
/** Reserves of its own account that a wallet keeps in mind. */
export const MAX_OWN_RESERVES = 64;
/** How long those are waited for that have not stated, once a quorum has. */
export const CLOSING_GRACE_MS = 400;

/** Bytes of the largest action of an order: its token and amount, and what else it says. */
const MAX_TRANSFER_BYTES = 32 + 2 + 16 + 1 + SEALED_MEMO_BYTES;
const MAX_WITHDRAWAL_BYTES = 2 + 16 + 1 + 1 + MAX_RECIPIENT_BYTES + 8;
/**
 * Committees that may have had a quorum of approvals in one epoch: of one more nobody takes notice.
 */
export const MAX_READY_COMMITTEES = 8;
/** Ledgers with which an authority stated its orders, the newest of all. */
export const MAX_STATED_ROOTS = 64;
/** A ledger that changed is stated anew after such a moment, in which more may come. */
export const RESTATE_MS = 50;
/** How often who stopped voting tells its statement again. */
export const RETELL_STATEMENT_MS = 1_000;
/** Debates that one epoch may leave open to the next; those that wait for a turn among them. */
export const MAX_LISTED_POLKAS = 1_024;
/** Pages of lists that are asked for at once. */
export const MAX_PAGES_ASKED = 8;
/** How often a node asks which epochs came, for what names one that it does not know. */
export const ASK_EPOCHS_EVERY_MS = 250;

/** Bytes of the largest signed order, and of the largest certificate: a vote of every member. */
export const MAX_ORDER_BYTES = 32 + 8 + 1 + Math.max(MAX_TRANSFER_BYTES, MAX_WITHDRAWAL_BYTES) + 64;
export const MAX_CERTIFICATE_BYTES = 4 + MAX_ORDER_BYTES + 1 + 66 * MAX_MEMBERS;

/** Orders, and names of further pages, in a page of a list of orders (epochs/lists.ts). */
export const MAX_PAGE_ORDERS = Math.floor((MAX_FRAME_BYTES - 128) / (1 + MAX_ORDER_BYTES));
export const MAX_PAGE_NAMES = Math.floor((MAX_FRAME_BYTES - 128) / 32);
/** Bytes of the members of a committee: number, name, key. */
const MAX_COMMITTEE_BYTES = 1 + MAX_MEMBERS * (2 + 1 + MAX_NAME_LENGTH + 32);

invariant(
  MAX_COMMITTEE_BYTES + 32 + 1 + MAX_MEMBERS * (2 + 32 + 64) + 32 <= MAX_AGREED_VALUE_BYTES,
  'what is decided at the end of an epoch is a value that is agreed on',
);
invariant(MAX_COMMITTEE_BYTES + 128 <= MAX_FRAME_BYTES, 'an approval fits a frame');
invariant(MAX_PAGES_ASKED * 32 + 128 <= MAX_FRAME_BYTES, 'a question for pages fits a frame');
invariant(SEALED_MEMO_BYTES <= 255, 'the length of a sealed memo fits a byte');
invariant(MAX_RECIPIENT_BYTES <= 255, 'the length of a recipient fits a byte');
invariant(
  (MAX_SEQUENCE + 1n) * MAX_AMOUNT <= MAX_BALANCE,
  '2^64 certificates of the largest amount cannot overflow a balance',
);
invariant(
  MAX_CERTIFICATES_PER_FRAME * MAX_CERTIFICATE_BYTES + 128 <= MAX_FRAME_BYTES,
  'the largest certificates of one answer fit a frame',
);
invariant(
  MAX_PROOFS_PER_FRAME * 2 * MAX_ORDER_BYTES + 128 <= MAX_FRAME_BYTES,
  'a page of double-spend proofs fits a frame',
);
invariant(
  MAX_AGREED_VALUE_BYTES + 66 * MAX_MEMBERS + 512 <= MAX_FRAME_BYTES,
  'a proposal with a quorum of prevotes fits a frame, and so does a decision',
);
invariant(
  TELL_AGAIN_MS * 2 ** (MAX_TELL_DOUBLINGS + 1) < ROUND_WAIT_MS * 2 ** MAX_ROUND_DOUBLINGS,
  'what is lost is told again while the longest rounds wait for it',
);
invariant(DIGEST_FANOUT * 32 + 128 <= MAX_FRAME_BYTES, 'a digest fits a frame');
invariant(MAX_BUCKET_ACCOUNTS * 48 + 256 <= MAX_FRAME_BYTES, 'a bucket fits a frame');
invariant(
  SILENT_AFTER_MS > 4 * HEARTBEAT_MS,
  'a proof is up to two heartbeats old when the next one comes, and two may be lost',
);
invariant(
  HEARTBEATS_TO_SILENT_EVERY * HEARTBEAT_MS <= SILENT_AFTER_MS,
  'two members that both wait for a heartbeat through others find each other',
);
invariant(2 * HEARTBEAT_ANSWER_MS <= HEARTBEAT_MS, 'an answer is sooner than a heartbeat');
invariant(MAX_HEARTBEATS_KEPT <= 255, 'the times of heartbeats fit a list');
invariant(MAX_RECENT_VOTES <= 256, 'a place in the list of recent votes is a byte');
invariant(MAX_RETOLD_ORDERS % 2 === 0, 'half of the orders that are told again are recent ones');
invariant(ASK_WAYS_EVERY_MS < LEADS_FOR_MS, 'what is known is not asked for');
invariant(RETRY_FIRST_MS < RETRY_LAST_MS, 'retries slow down');
invariant(SYNC_BUSY_MS <= SYNC_IDLE_MS, 'a difference is pursued sooner than none');
invariant(
  SYNC_BUSY_MS * 2 ** MAX_IDLE_HURRIES >= SYNC_IDLE_MS,
  'what brings nothing is not hurried',
);
invariant(
  1 + MAX_MEMBERS * (2 + 1 + 32 + 64) + 1 + MAX_CLOSING_ORDERS * MAX_ORDER_BYTES <=
    MAX_AGREED_VALUE_BYTES,
  'the statements of all members, and the possible orders, fit what is agreed on',
);
