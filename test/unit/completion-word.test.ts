import { expect, test } from 'vitest'
import { findCompletionWord } from '../../src/cli/completion-word.ts'

/** A line, which argument or option its end is a value of, and how that begins. */
const cases: readonly (readonly [line: string, row: string | undefined, typed?: string, command?: string])[] = [
  ['cray-ims images describe ', 'IMAGE_ID', '', 'images describe'],
  ['/opt/bin/cray-ims ims images describe ab', 'IMAGE_ID', 'ab', 'images describe'],
  ['cray ims images describe ab', 'IMAGE_ID', 'ab', 'images describe'],
  ['cray images describe ab', undefined],
  ['cray-ims --configuration x -v images delete a b c', 'IMAGE_ID', 'c', 'images delete'],
  ['cray-ims --configuration ', '--configuration', '', ''],
  ['cray-ims --configuration=de', '--configuration', 'de', ''],
  ['cray-ims logs ab', 'JOB', 'ab', 'jobs logs'],
  ['cray-ims jobs logs ab -c b', '--container', 'b', 'jobs logs'],
  ['cray-ims jobs logs ab -cb', '--container', 'b', 'jobs logs'],
  ['cray-ims jobs logs ab cd', undefined],
  ['cray-ims jobs create --job-type create --artifact-id=x', '--artifact-id', 'x', 'jobs create'],
  ['cray-ims images list --sort-by -cr', '--sort-by', '-cr', 'images list'],
  ['cray-ims images list --wide --na', undefined],
  ['cray-ims images diff a ', 'OTHER_IMAGE', '', 'images diff'],
  ['cray-ims images describe -- -x', 'IMAGE_ID', '-x', 'images describe'],
  ['cray-ims frob ', undefined],
  ['cray-ims images ', undefined],
  ['cray-ims mock -- cray-ims images describe ', undefined],
]

test.each(cases)('%s', (line, row, typed, command) => {
  const found = findCompletionWord(line!.split(' '))
  expect(found && ('flag' in found.row ? found.row.flag : found.row.name)).toBe(row)
  if (found) expect([found.typed, found.words.join(' ')]).toEqual([typed, command])
})

test('the values before it are known', () => {
  const found = findCompletionWord('cray-ims jobs debug ab --configuration=x --token t -c '.split(' '))
  expect(found).toMatchObject({ arguments: ['ab'], options: { configuration: 'x', token: 't' }, before: '' })
  expect(findCompletionWord(['cray-ims', 'images', 'list', '--name=a'])).toMatchObject({ before: '--name=', typed: 'a' })
})
