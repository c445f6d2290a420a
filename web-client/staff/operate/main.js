// The operator's page: how the server is, who is connected, and which settings hold.

import { Problem } from '../shared/api.js';
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
    const metrics = new Metrics(await api.text('metrics'));
    // Something else has answered, such as a proxy with the page of the game.
    if (!metrics.all('guildhall_build_info').length) throw new Problem({ status: 200, code: 'no_api' });
    samples.add(metrics, performance.now());
    return {};
  },
  refuses: ({ caller }) => (caller.kind === 'game' ? null : 'needs-key'),
  forget: () => samples.clear(),
});
