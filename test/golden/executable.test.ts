import { describe } from 'vitest'
import { executable, skip } from '../support/executable.ts'
import { casesAbout } from './recorded.ts'
import { replayAll } from './replay-all.ts'

// Formats and help are made of texts by the same code as in the npm package, which is tested by every case: here a fourth of
// them. `npm run release` takes all.
const { format = [], help = [], ...others } = casesAbout
const every = process.env.CRAY_IMS_EVERY_CASE === '1'
const which = [...Object.values(others).flat(), ...[...format, ...help].filter((_, at) => every || at % 4 === 0)]

describe.skipIf(skip)('the single executable, where there is nothing else', () => {
  replayAll({ command: [executable], path: '/nowhere' }, which)
})
