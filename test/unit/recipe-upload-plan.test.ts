import { expect, test } from 'vitest'
import type { Recipe } from '../../src/ims/records.ts'
import { planUpload, settingsChanged, type IfExists, type WantedRecipe } from '../../src/recipes/upload-plan.ts'

const wanted: WantedRecipe = {
  name: 'mine',
  recipe_type: 'kiwi-ng',
  linux_distribution: 'sles15',
  arch: 'x86_64',
  template_dictionary: [
    { key: 'A', value: '1' },
    { key: 'B', value: '2' },
  ],
  md5: 'm',
}
const recipe = (id: string, more: Partial<Recipe> = {}): Recipe => ({
  ...wanted,
  id,
  created: `2026-01-0${id}T00:00:00`,
  link: { path: 's3://ims/x', type: 's3' },
  require_dkms: true,
  template_dictionary: wanted.template_dictionary.toReversed(),
  ...more,
})
const found = (one: Recipe, md5: string | undefined = 'm') => ({ recipe: one, md5: one.link ? md5 : undefined })

/** What comes of it: the id that is there, the one that is finished, those that are deleted; or the failure. */
function planned(there: readonly ReturnType<typeof found>[], ifExists: IfExists, more: Partial<WantedRecipe> = {}): string {
  try {
    const { existing, unfinished, replaces } = planUpload(there, { ...wanted, ...more }, ifExists)
    return (
      [existing && `there ${existing.id}`, unfinished && `finish ${unfinished.id}`, ...replaces.map(({ id }) => `delete ${id}`)]
        .filter(Boolean)
        .join(', ') || 'create'
    )
  } catch (error) {
    return `${(error as Error).message}: ${(error as { more: string[] }).more.at(-1)}`
  }
}

const other = found(recipe('1'), 'another')
const same = found(recipe('2'))
const unfinished = found(recipe('3', { link: null, arch: 'aarch64' }))
const otherUnfinished = found(recipe('4', { link: null, recipe_type: 'packer' }))
const taken = 'the recipe name mine is taken'

test.each<[string, readonly ReturnType<typeof found>[], IfExists, Partial<WantedRecipe>, string]>([
  ['nothing', [], 'fail', {}, 'create'],
  ['the same', [same], 'fail', {}, 'there 2'],
  ['the same, and another', [other, same], 'fail', {}, 'there 2'],
  ['the same, and another that is replaced', [other, same], 'replace', {}, 'there 2, delete 1'],
  ['the same, and one without an archive', [same, unfinished], 'replace', {}, 'there 2'],
  ['another', [other], 'fail', {}, `${taken}: 1 differs in archive.`],
  ['another', [other], 'skip', {}, 'there 1'],
  ['another', [other], 'replace', {}, 'delete 1'],
  ['other variables', [same], 'fail', { template_dictionary: [] }, `${taken}: 2 differs in template_dictionary.`],
  ['another arch', [same], 'fail', { arch: 'aarch64' }, `${taken}: 2 differs in arch.`],
  ['dkms', [same], 'fail', { require_dkms: false }, `${taken}: 2 differs in require_dkms.`],
  ['dkms', [same], 'fail', { require_dkms: true }, 'there 2'],
  [
    'another type and distribution',
    [same],
    'fail',
    { recipe_type: 'packer', linux_distribution: 'sles12' },
    `${taken}: 2 differs in recipe_type, linux_distribution.`,
  ],
  ['one without an archive', [unfinished], 'fail', {}, 'finish 3'],
  ['one without an archive, and another', [other, unfinished], 'fail', {}, `${taken}: 1 differs in archive.`],
  ['one without an archive, and another', [other, unfinished], 'replace', {}, 'finish 3, delete 1'],
  ['one without an archive that it cannot be', [otherUnfinished], 'fail', {}, `${taken}: 4 differs in archive, recipe_type.`],
  ['one without an archive that it cannot be', [otherUnfinished], 'replace', {}, 'delete 4'],
])('%s is there, if it exists %4$s', (_, there, ifExists, more, outcome) => expect(planned(there, ifExists, more)).toBe(outcome))

test('a record that is finished gets the settings that are wanted, and no others', () => {
  expect(settingsChanged(recipe('1', { arch: 'aarch64', template_dictionary: null }), { ...wanted, require_dkms: false })).toEqual({
    arch: 'x86_64',
    require_dkms: false,
    template_dictionary: wanted.template_dictionary,
  })
  expect(settingsChanged(recipe('1'), wanted)).toEqual({})
})
