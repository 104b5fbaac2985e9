#!/usr/bin/env node
/** `meshpay`: the first lines of its process (shell/signals.ts); the rest is run-meshpay.ts. */
import { deafen } from '../shell/signals.ts';

deafen();
await import('./run-meshpay.ts');
