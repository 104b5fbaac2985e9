/** All commands of `meshpay`, in the order in which help and manual show them. */
import type { CommandSpec } from './command.ts';
import { account } from './commands/account.ts';
import { backup } from './commands/backup.ts';
import {
  cashierBook,
  cashierDeposit,
  cashierPaid,
  cashierPending,
  cashierRefuse,
  cashierSlip,
} from './commands/cashier.ts';
import {
  committeeApprove,
  committeePropose,
  committeeStatus,
} from './commands/committee-change.ts';
import { completionCommand } from './commands/completion.ts';
import { committee, peers, status } from './commands/daemon-views.ts';
import { doctor } from './commands/doctor.ts';
import { events } from './commands/events.ts';
import { helpCommand } from './commands/help.ts';
import { lab } from './commands/lab.ts';
import { logLevel } from './commands/log-level.ts';
import { manCommand } from './commands/man.ts';
import { moveIn, moveOut, moveRequest } from './commands/move.ts';
import { networkCreate } from './commands/network-create.ts';
import { networkShow } from './commands/network-show.ts';
import { radioPlan } from './commands/radio-plan.ts';
import { radioProbe } from './commands/radio-probe.ts';
import { radioDown, radioUp } from './commands/radio-switch.ts';
import { radioPaths, radioPeers, radioStatus } from './commands/radio-views.ts';
import { radioWatch } from './commands/radio-watch.ts';
import { reach } from './commands/reach.ts';
import { restore } from './commands/restore.ts';
import { version } from './commands/version.ts';
import { walletCancel, walletUnlock } from './commands/wallet-close.ts';
import { walletName, walletNames } from './commands/wallet-contacts.ts';
import { walletHistory } from './commands/wallet-history.ts';
import { walletBackup, walletRestore, walletWords } from './commands/wallet-keep.ts';
import { walletJoin, walletNew } from './commands/wallet-new.ts';
import { walletPay, walletResume } from './commands/wallet-pay.ts';
import { walletImport, walletReceipt, walletVerify } from './commands/wallet-receipt.ts';
import { walletRequest } from './commands/wallet-request.ts';
import { walletAddress, walletBalance } from './commands/wallet-views.ts';

import {
  walletDeposit,
  walletWithdraw,
  walletWithdrawal,
  walletWithdrawals,
} from './commands/wallet-withdraw.ts';

const all = (): readonly CommandSpec[] => COMMANDS;

export const COMMANDS: readonly CommandSpec[] = [
  lab,
  networkCreate,
  networkShow,
  walletNew,
  walletJoin,
  walletWords,
  walletBackup,
  walletRestore,
  walletAddress,
  walletRequest,
  walletName,
  walletNames,
  walletBalance,
  walletPay,
  walletResume,
  walletCancel,
  walletUnlock,
  walletWithdraw,
  walletWithdrawals,
  walletWithdrawal,
  walletDeposit,
  walletHistory,
  walletReceipt,
  walletVerify,
  walletImport,
  status,
  peers,
  committeeStatus,
  committeePropose,
  committeeApprove,
  committee,
  account,
  events,
  logLevel,
  doctor,
  reach,
  cashierPending,
  cashierPaid,
  cashierRefuse,
  cashierSlip,
  cashierDeposit,
  cashierBook,
  radioProbe,
  radioPlan,
  radioUp,
  radioDown,
  radioStatus,
  radioPeers,
  radioPaths,
  radioWatch,
  backup,
  restore,
  moveRequest,
  moveOut,
  moveIn,
  helpCommand(all),
  manCommand(all),
  completionCommand(all),
  version,
];
