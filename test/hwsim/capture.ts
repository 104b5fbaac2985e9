/**
 * What an eavesdropper would record: all frames of the virtual medium, taken by tcpdump from the
 * monitor interface `hwsim0`, and just enough reading of them to judge what is protected. The file
 * is pcap (draft-ietf-opsawg-pcap) with link type radiotap; frames are as in IEEE 802.11-2020, 9.2.
 */
import type { WorldNode, WorldProcess } from './node.ts';

export interface Frame {
  readonly type: 'management' | 'control' | 'data' | 'extension';
  readonly subtype: number;
  /** The Protected Frame bit: the body is encrypted. */
  readonly protected: boolean;
  readonly transmitter: string;
  readonly receiver: string;
  /** From the frame control field on. */
  readonly bytes: Buffer;
}

export interface Capture {
  /**
   * Ends the recording and returns the whole pcap file.
   * @throws Error when the kernel had to leave packets out, unless it may
   */
  stop(): Promise<Buffer>;
}

export const MEDIUM_INTERFACE = 'hwsim0';

const SETTLE_MS = 200;
/** Beacons keep a recording of the medium growing for ever: look at it so often at most. */
const SETTLE_TRIES = 5;
const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const LINK_TYPE_RADIOTAP = 127;
const FRAME_TYPES = ['management', 'control', 'data', 'extension'] as const;
/** Data subtypes with this bit carry no body ("Null" and its relatives). */
const NO_DATA_BIT = 0x4;
const DISASSOCIATION = 10;
const DEAUTHENTICATION = 12;
const ACTION = 13;
/** The category of mesh peering frames. */
const SELF_PROTECTED = 15;

/**
 * Starts recording an interface of a node; resolves when tcpdump listens.
 * @param mayMiss packets that a busy kernel had to leave out are no error
 */
export async function startCapture(
  node: WorldNode,
  networkInterface: string,
  name: string,
  mayMiss = false,
): Promise<Capture> {
  const file = `${node.folder}/${name}.pcap`;
  const argv = [
    ...['tcpdump', '-i', networkInterface, '--immediate-mode', '-U', '-s', '0', '-B', '8192'],
    ...['-Z', 'root', '-w', file],
  ];
  const tcpdump: WorldProcess = await node.spawn(argv, { name: `${node.name}-capture-${name}` });
  await tcpdump.line(/listening on/);
  return {
    stop: async () => {
      await settled(node, file);
      await tcpdump.stop();
      const dropped = await tcpdump.line(/packets? dropped by kernel/);
      if (!mayMiss && !dropped.startsWith('0 ')) throw new Error(`${name}: ${dropped}`);
      return node.read(file);
    },
  };
}

/** At its end tcpdump leaves out what it has not read yet, so wait until it has caught up. */
async function settled(node: WorldNode, file: string): Promise<void> {
  let sizeBytes = -1;
  for (let tries = 0; tries < SETTLE_TRIES; tries += 1) {
    const now = Number(await node.must(['stat', '-c', '%s', file]));
    if (now === sizeBytes) return;
    sizeBytes = now;
    await node.time.sleep(SETTLE_MS);
  }
}

/**
 * The 802.11 frames of a recording of the medium.
 * @throws Error when it is no pcap file with radiotap headers
 */
export function framesOf(pcap: Buffer): Frame[] {
  const magic = pcap.length < PCAP_HEADER_BYTES ? 0 : pcap.readUInt32LE(0);
  if (magic !== 0xa1b2c3d4) throw new Error('not a little-endian pcap file');
  const linkType = pcap.readUInt32LE(20);
  if (linkType !== LINK_TYPE_RADIOTAP) throw new Error(`link type ${linkType} is not radiotap`);
  const frames: Frame[] = [];
  let at = PCAP_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= pcap.length) {
    const start = at + RECORD_HEADER_BYTES;
    at = start + pcap.readUInt32LE(at + 8);
    if (at > pcap.length) break;
    const radiotapBytes = pcap.readUInt16LE(start + 2);
    const frame = frameOf(pcap.subarray(start + radiotapBytes, at));
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
}

/** Whether the frame carries data of a user (and not only its own header). */
export function carriesData(frame: Frame): boolean {
  return frame.type === 'data' && (frame.subtype & NO_DATA_BIT) === 0;
}

/**
 * Whether MFP has to protect the frame (IEEE 802.11-2020, 12.2.8): deauthentication, disassociation
 * and action frames to one peer. Mesh peering's own frames are left out, which protect themselves.
 */
export function isRobustManagement({ type, subtype, bytes, receiver, ...frame }: Frame): boolean {
  if (type !== 'management' || isGroup(receiver)) return false;
  if (subtype === DISASSOCIATION || subtype === DEAUTHENTICATION) return true;
  // The category can be read only where it is not encrypted.
  return subtype === ACTION && (frame.protected || bytes[24] !== SELF_PROTECTED);
}

function isGroup(address: string): boolean {
  return (Number.parseInt(address.slice(0, 2), 16) & 1) === 1;
}

function frameOf(bytes: Buffer): Frame | undefined {
  if (bytes.length < 16) return undefined;
  const control = bytes.readUInt8(0);
  return {
    type: FRAME_TYPES[((control >> 2) & 3) as 0 | 1 | 2 | 3],
    subtype: control >> 4,
    protected: (bytes.readUInt8(1) & 0x40) !== 0,
    receiver: macAt(bytes, 4),
    transmitter: macAt(bytes, 10),
    bytes,
  };
}

function macAt(bytes: Buffer, offset: number): string {
  return [...bytes.subarray(offset, offset + 6)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}
