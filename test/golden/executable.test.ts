import { describe } from 'vitest'
import { skip } from '../support/executable.ts'
import { executable } from '../support/program.ts'
import { sampled } from '../support/sampled.ts'
import { casesAbout } from './recorded.ts'
import { replayAll } from './replay-all.ts'

// The npm package is tested by every case, and is the same code on another runtime. `npm run release` takes all here, too.
const { format = [], help = [], ...others } = casesAbout
const which = [...sampled(Object.values(others).flat(), 3), ...sampled([...format, ...help], 8)]

describe.skipIf(skip)('the single executable, where there is nothing else', () => {
  replayAll({ command: [executable], path: '/nowhere' }, which)
})
