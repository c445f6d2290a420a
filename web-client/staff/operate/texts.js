// The texts of the operator's page. `shared/texts.js` has those of all pages for staff.

import { GERMAN } from './texts_de.js';
import { ENGLISH } from './texts_en.js';

export const TEXTS = { en: ENGLISH, de: GERMAN };
