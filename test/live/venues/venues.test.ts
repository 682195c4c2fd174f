import { testVenue } from '../../contracts/test-venue.ts';
import { dialects } from './dialects.ts';
import { sampleOf } from './venue-samples.ts';

for (const dialect of dialects) testVenue(dialect.plugin, sampleOf(dialect), { mutations: 100_000 });
