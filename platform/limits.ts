/**
 * Every bound of this folder in one place, with the relations between them asserted: what programs,
 * messages, files and pauses may take. Rules of IEEE 802.11 and of WPA3 stand in settings.ts.
 */

/* Programs and files (runner.ts). */

/** A program that takes longer is killed. */
export const RUN_TIMEOUT_MS = 20_000;
export const MAX_OUTPUT_BYTES = 4 << 20;
/** Of any file that is read; /etc and /proc have none that comes near it. */
export const MAX_FILE_BYTES = 4 << 20;
/** Of an attribute in sysfs: a page, as the kernel has it; a list of triggers may be longer. */
export const MAX_ATTRIBUTE_BYTES = 64 << 10;
/** Of a program that speaks for as long as it lives. */
export const MAX_LINE_BYTES = 64 << 10;
/** From SIGTERM to SIGKILL, and from there to giving up. */
export const STOP_TIMEOUT_MS = 5_000;
export const POLL_MS = 50;
/** Before a program that speaks for as long as it lives, and has ended, is started again. */
export const FOLLOW_AGAIN_MS = 1_000;

/* Netlink (netlink/socket.ts). */

export const ANSWER_TIMEOUT_MS = 3_000;
/** A dump that the kernel changed under way is asked for again. */
export const MAX_DUMP_ATTEMPTS = 5;
/** 1,024 mesh paths and 99 stations are a hundredth of it. */
export const MAX_DUMP_MESSAGES = 65_536;
/** Room for a burst of events while this process is busy. */
export const RECEIVE_BUFFER_BYTES = 1 << 20;

/* Bringing a mesh up (linux/, openwrt/). */

/**
 * hostapd's default; the kernel refuses two intervals on one radio.
 */
export const AP_BEACON_INTERVAL_TU = 100;
/** A supplicant younger than this may still be joining. */
export const JOIN_TIMEOUT_MS = 30_000;
/** Listening for radar before a mesh may send (ETSI EN 301 893 4.2.6), and joining after it. */
export const CAC_TIMEOUT_MS = 60_000 + JOIN_TIMEOUT_MS;
/** On channels that weather radars use. */
export const WEATHER_CAC_TIMEOUT_MS = 600_000 + JOIN_TIMEOUT_MS;
/** One younger than this may not have brought its interface up yet. */
export const START_TIMEOUT_MS = 5_000;
/** netifd tears the radio down and builds all of its interfaces anew. */
export const NETIFD_TIMEOUT_MS = 60_000;
/** Of the supplicant's log, which is emptied then. */
export const LOG_MAX_BYTES = 256 << 10;
/** Neighbours that failed SAE and are named: anybody on the air can make up addresses. */
export const MAX_SAE_FAILURES = 32;
export const MAX_ADDRESSES = 16;

/* Keeping it up (reconcile.ts). */

/** Between two questions to a network manager that leaves the mesh alone: half a minute. */
export const MANAGER_LOOK_TURNS = 15;

/** Looking again without an event: bounds how long a silent death of the supplicant can last. */
export const STEADY_INTERVAL_MS = 2_000;
/** Events come in bursts. */
export const SETTLE_MS = 100;
/** A bring-up and what comes of it take two turns; more are somebody else's doing, or in vain. */
export const MOST_CHANGES = 5;
export const RETRY_FIRST_MS = 1_000;
export const RETRY_MAX_MS = 60_000;
/** A try that failed again and again as before disturbs whoever shares the radio. */
export const TRIED_MAX_MS = 4 * 3_600_000;
export const ROLLED_BACK_FIRST_MS = 60_000;

/* Counting changes of paths (path-history.ts). */

export const PATH_SLICE_MS = 300_000;
/** An hour of them. */
export const PATH_SLICES = 12;
/** Two changes a minute and more: two ways that are about as good. */
export const FLAPPING_PER_HOUR = 120;
/** As many as the kernel keeps. */
export const MAX_KNOWN_PATHS = 1_024;

/* Watching the neighbours (guard.ts, liveness.ts, silence.ts). */

/** From the last word of any neighbour to the first try to revive the radio, and between tries. */
export const SILENT_MS = 180_000;

/** A quarter of a second costs two netlink dumps and leaves most of two seconds for the beacons. */
export const LOOK_INTERVAL_MS = 250;
/** Peer candidates between two looks. */
export const MAX_CANDIDATES = 256;
/** More neighbours than any radio can peer with. */
export const MAX_FORGOTTEN = 1_024;

/** Asserted at load: a bound that is changed alone is found by the first test that runs. */
function related(holds: boolean, why: string): void {
  if (!holds) throw new Error(`limits: ${why}`);
}

related(POLL_MS * 10 <= STOP_TIMEOUT_MS, 'an end is looked for more than once');
related(2 * STOP_TIMEOUT_MS < JOIN_TIMEOUT_MS, 'a stop is shorter than a start');
related(START_TIMEOUT_MS < JOIN_TIMEOUT_MS, 'an interface is up before its mesh is joined');
related(ANSWER_TIMEOUT_MS < RUN_TIMEOUT_MS, 'the kernel answers before a program does');
related(LOG_MAX_BYTES < MAX_FILE_BYTES, 'a log can be read whole');
related(SETTLE_MS < RETRY_FIRST_MS, 'a failure is tried later than a success is looked at');
related(RETRY_FIRST_MS <= STEADY_INTERVAL_MS, 'a failure is not slower than standing still');
related(RETRY_MAX_MS < TRIED_MAX_MS, 'what was tried in vain is tried more rarely');
related(ROLLED_BACK_FIRST_MS >= NETIFD_TIMEOUT_MS, 'a radio is up for longer than it is down');
related(SILENT_MS > JOIN_TIMEOUT_MS + NETIFD_TIMEOUT_MS, 'a revival has time to show');
related(PATH_SLICES * PATH_SLICE_MS === 3_600_000, 'changes are counted by the hour');
related(MAX_CANDIDATES <= MAX_FORGOTTEN, 'every candidate may be one that was forgotten');
