import { expect, test } from 'vitest'
import { cases, deviations } from './recorded.ts'
import { replayAll } from './replay-all.ts'

replayAll()

test('every deviation says what we do instead', () => {
  const silent = Object.entries(deviations).filter(([, { instead }]) => !instead)
  expect(cases.length).toBeGreaterThanOrEqual(630)
  expect(silent).toEqual([])
})
