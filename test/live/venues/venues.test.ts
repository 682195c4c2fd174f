import { testVenue } from '../../../testing/suites.ts';
import { counts } from '../../soak.ts';
import { dialects } from './dialects.ts';
import { sampleOf } from './venue-samples.ts';

const mutations = counts(1500, 100_000);
const places = counts(10, 40);
for (const dialect of dialects) testVenue(dialect.plugin, sampleOf(dialect), { mutations, places });
