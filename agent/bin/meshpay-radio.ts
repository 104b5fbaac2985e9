#!/usr/bin/env node
/**
 * `meshpay-radio`: the first lines of its process (shell/signals.ts); the rest is
 * run-meshpay-radio.ts.
 */
import { deafen } from '../shell/signals.ts';

deafen('SIGHUP');
await import('./run-meshpay-radio.ts');
