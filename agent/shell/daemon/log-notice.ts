/**
 * How loudly each happening is logged. A payment is routine, and a router's log must not grow with
 * them, nor with what a hostile client sends; an account that cheats is worth a warning; proof that
 * more than f authorities are traitors is the loudest alarm there is (PROTOCOL: Transfers).
 */
import type { Network } from '../../core/network/genesis.ts';
import type { Notice } from '../../core/notice.ts';
import { LOG_LEVELS, type LogLevel } from '../control/api.ts';
import { viewOfNotice } from '../control/event-view.ts';
import type { Logs } from '../log/logs.ts';

type Loudness = Exclude<LogLevel, 'silent'>;

const LOUDNESS: Readonly<Partial<Record<Notice['kind'], readonly [Loudness, string]>>> = {
  voted: ['debug', 'voted for an order'],
  refused: ['debug', 'refused what came over a link'],
  applied: ['debug', 'applied a certificate'],
  double_spend: ['warn', 'an account signed two orders for one sequence'],
  conflict: ['fatal', 'two certificates for one sequence: more than f authorities are hostile'],
  voted_elsewhere: ['fatal', 'this key voted in another life: this authority never votes again'],
  vouched_for: ['info', 'others vouched for the first start: this authority votes'],
  compared: ['trace', 'compared ledgers with a member'],
  relayed: ['trace', 'passed a frame on'],
  reached: ['trace', 'a member answered that it is there'],
  account_seen: ['trace', 'a member told the state of an account'],
  latest_seen: ['trace', 'a member vouched for what it knows of an account'],
  command_refused: ['warn', 'a command could not be carried out'],
};

/** Logs a notice, if the level in force lets it through. */
export function logNotice(logs: Logs, network: Network, notice: Notice): void {
  const [level, message] = LOUDNESS[notice.kind] ?? ['debug', notice.kind];
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(logs.level)) return;
  logs[level](message, { ...viewOfNotice(network, notice) });
}
