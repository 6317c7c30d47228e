import { describe } from 'vitest'
import { executable, skip } from '../support/executable.ts'
import { replayAll } from './replay-all.ts'

describe.skipIf(skip)('the single executable, where there is nothing else', () => {
  replayAll({ command: [executable], path: '/nowhere' })
})
