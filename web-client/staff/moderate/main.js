// The moderators' page: its views, and how many things wait in which.

import { StaffPage } from '../shared/staff_page.js';
import { SHARED_TEXTS } from '../shared/texts.js';
import { MOST_COUNTED } from '../shared/views.js';
import { audit } from './audit.js';
import { held } from './held.js';
import { reports } from './reports.js';
import { rooms } from './rooms.js';
import { sanctions } from './sanctions.js';
import { search } from './search.js';
import { users } from './users.js';
import { TEXTS } from './texts.js';

new StaffPage({
  title: 'moderation',
  texts: [SHARED_TEXTS, TEXTS],
  views: [reports, held, rooms, sanctions, users, search, audit],
  counts: async ({ api }) => {
    const [open, waiting] = await Promise.all([
      api.get('/reports', { state: 'open', limit: MOST_COUNTED }),
      api.get('/held', { limit: MOST_COUNTED }),
    ]);
    return { reports: open.reports.length, held: waiting.held.length };
  },
});
