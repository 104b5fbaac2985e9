#!/usr/bin/env node
/** `meshpayd`: the first lines of its process (shell/signals.ts); the rest is run-meshpayd.ts. */
import { deafen } from '../shell/signals.ts';

deafen('SIGHUP');
await import('./run-meshpayd.ts');
