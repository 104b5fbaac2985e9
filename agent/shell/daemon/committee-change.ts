/**
 * What `meshpay committee status`, `propose` and `approve` ask of the node: which committees
 * operators want to come next, and the word of this member's operator (PROTOCOL: Change of epoch).
 */
import { describeDetail } from '../../core/base/detail.ts';
import { nameOf, parseName } from '../../core/base/names.ts';
import { isRefusal, type Refusal, refusal } from '../../core/base/refusal.ts';
import { type Member, quorumOf } from '../../core/network/committee.ts';
import type { Notice } from '../../core/notice.ts';
import { changeOf, memberName, nextCommittee } from '../../core/views.ts';
import type { ChangeView, ParamsOf, WantedCommitteeView } from '../control/api.ts';
import { controlError, refusalError } from '../control/errors.ts';
import { type DaemonContext, notRunning, type Running } from './context.ts';

export function changeView(context: DaemonContext): ChangeView {
  const { network } = context.identity;
  const { epoch, members } = network.committee;
  const { wanted, isStopped, isBehind } = changeOf(runningOf(context).engine.read);
  return {
    epoch,
    quorum: quorumOf(members.length),
    stopped: isStopped,
    behind: isBehind,
    wanted: wanted.map((each) => wantedView(context, each)),
  };
}

/** Makes a committee of the present one and the changes, and approves it. */
export async function proposeChange(
  context: DaemonContext,
  { add, remove, replace }: ParamsOf<'committee.propose'>,
): Promise<ChangeView> {
  const running = runningOf(context);
  const present = context.identity.network.committee.members;
  const known = (name: string, field: string): string => {
    if (present.some((member) => member.name === name)) return name;
    const expected = `one of ${present.map((member) => member.name).join(', ')}`;
    throw controlError('bad_params', { field, expected, found: `"${name}"` });
  };
  const gone = [
    ...remove.map((name) => known(name, 'remove')),
    ...replace.map(({ name }) => known(name, 'replace')),
  ];
  const seats = [
    ...present.filter(({ name }) => !gone.includes(name)),
    ...[...add, ...replace].map(({ name, key }) => ({ name, key: keyOf(key) })),
  ];
  const members = nextCommittee(running.engine.read, seats);
  if (isRefusal(members)) throw refusalError(members);
  return approve(context, running, members);
}

/** Approves what another operator has proposed. */
export async function approveChange(
  context: DaemonContext,
  { committee }: ParamsOf<'committee.approve'>,
): Promise<ChangeView> {
  const running = runningOf(context);
  const { wanted } = changeOf(running.engine.read);
  const named = wanted.filter(({ name }) => name === committee);
  const [only] = named;
  if (only === undefined || named.length > 1) {
    const names = wanted.map(({ name }) => name).join(', ');
    const expected = names === '' ? 'a committee that somebody proposed' : `one of ${names}`;
    throw controlError('bad_params', { field: 'committee', expected, found: `"${committee}"` });
  }
  return approve(context, running, only.members);
}

async function approve(
  context: DaemonContext,
  running: Running,
  members: readonly Member[],
): Promise<ChangeView> {
  if (context.identity.member === undefined) {
    throw refusalError(refusal('not_an_authority', { field: 'node' }));
  }
  let refused: Refusal | undefined;
  const unhear = running.engine.hear((notice: Notice) => {
    if (notice.kind === 'command_refused') refused = notice.refusal;
  });
  running.engine.command({ kind: 'approve', members });
  await running.engine.settled();
  unhear();
  if (refused !== undefined) throw refusalError(refused);
  return changeView(context);
}

function wantedView(
  context: DaemonContext,
  {
    name,
    members,
    approvedBy,
  }: {
    readonly name: string;
    readonly members: readonly Member[];
    readonly approvedBy: readonly Member['number'][];
  },
): WantedCommitteeView {
  const { network } = context.identity;
  const present = network.committee.members;
  return {
    name,
    members: members.map((member) => ({
      index: member.number,
      name: member.name,
      key: nameOf('node', member.key),
      isNew: !present.some(({ number }) => number === member.number),
    })),
    leaving: present
      .filter(({ number }) => !members.some((member) => member.number === number))
      .map((member) => member.name),
    approvedBy: approvedBy.map((member) => memberName(network, member)),
  };
}

function keyOf(text: string): Uint8Array {
  const key = parseName('node', text, 'key');
  if (!isRefusal(key)) return key;
  const found = describeDetail(key, text);
  throw controlError('bad_params', { field: 'key', expected: 'a node, mpnode1...', found });
}

function runningOf(context: DaemonContext): Running {
  if (context.running === undefined) throw notRunning(context);
  return context.running;
}
