// The operator's page: how the server is, who is connected, and which settings hold.

import { StaffPage } from '../shared/staff_page.js';
import { SHARED_TEXTS } from '../shared/texts.js';
import { clients } from './clients.js';
import { Metrics } from './metrics.js';
import { overview } from './overview.js';
import { samples } from './samples.js';
import { settings } from './settings.js';
import { TEXTS } from './texts.js';

/** How often the server is asked, in milliseconds. */
const EVERY = 2_000;

/** How long an answer may take, in milliseconds: a little longer than the server takes to find out
 *  that a thread hangs. */
const PATIENCE = 4_000;

new StaffPage({
  title: 'operation',
  texts: [SHARED_TEXTS, TEXTS],
  views: [overview, clients, settings],
  every: EVERY,
  patience: PATIENCE,
  isLive: true,
  // Whichever view is shown, the charts go on.
  counts: async ({ api }) => {
    samples.add(new Metrics(await api.text('metrics')), performance.now());
    return {};
  },
  refuses: ({ caller }) => (caller.kind === 'game' ? null : 'needs-key'),
  forget: () => samples.clear(),
});
