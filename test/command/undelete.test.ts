import { describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { image, recipe, withSite, type WatchedSite } from '../support/watched-site.ts'

const ids = {
  x86: '216038ef-0000-4000-8000-000000000001',
  arm: 'ad5163d2-0000-4000-8000-000000000002',
  recipe: 'cafe0000-0000-4000-8000-000000000003',
}
const seed = {
  images: [image(ids.x86, 'compute'), image(ids.arm, 'gpu', { arch: 'aarch64' })],
  recipes: [recipe(ids.recipe, 'barebones')],
}
const at = <R>(work: (site: WatchedSite) => Promise<R>) => withSite({ seed }, work)
const ims = (site: WatchedSite, ...words: string[]) => run(words, { cwd: site.home, env: site.env })
const archOf = ({ mock }: WatchedSite, id: string) => mock.state.images.get(id)?.arch

describe.concurrent('undelete', () => {
  test('brings several back by name, with the arch that they had', () =>
    at(async (site) => {
      expect(await ims(site, 'images', 'delete', ids.x86, 'gpu')).toMatchObject({ exit: 0 })
      const before = site.writes().length
      expect(await ims(site, 'images', 'undelete', 'gpu', ids.x86)).toEqual({
        exit: 0,
        stdout: '',
        stderr: `undeleted image ${ids.arm}  gpu, aarch64\nundeleted image ${ids.x86}  compute, x86_64\n`,
      })
      expect([archOf(site, ids.arm), archOf(site, ids.x86)]).toEqual(['aarch64', 'x86_64'])
      // An arch that is right already is left alone.
      expect(
        site
          .writes()
          .slice(before)
          .map(({ method, path }) => `${method} ${path}`),
      ).toEqual([`PATCH deleted/images/${ids.arm}`, `PATCH images/${ids.arm}`, `PATCH deleted/images/${ids.x86}`])
    }))

  test('an arch that the deleted record lacks is asked for before anything is changed', () =>
    at(async (site) => {
      await ims(site, 'images', 'delete', 'gpu')
      delete (site.mock.state.deletedImages.get(ids.arm) as { arch?: string }).arch
      expect(await ims(site, 'images', 'undelete', 'gpu')).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining(`Error: the architecture of deleted image gpu (${ids.arm}) is not known`),
      })
      expect(archOf(site, ids.arm)).toBeUndefined()
      expect(await ims(site, 'images', 'undelete', 'gpu', '--arch', 'aarch64')).toMatchObject({ exit: 0 })
      expect(archOf(site, ids.arm)).toBe('aarch64')
    }))

  test('an arch that can not be set back: the image is, and it is said how', () =>
    at(async (site) => {
      await ims(site, 'images', 'delete', 'gpu')
      site.intervene({ before: ({ method, path }) => (method === 'PATCH' && path.startsWith('images/') ? 403 : undefined) })
      const { exit, stderr } = await ims(site, 'images', 'undelete', 'gpu')
      expect({ exit, arch: archOf(site, ids.arm) }).toEqual({ exit: 2, arch: 'x86_64' })
      expect(stderr).toContain('it is back, but its arch could not be set to aarch64')
      expect(stderr).toContain(`Next: cray-ims images update ${ids.arm} --arch aarch64`)
    }))

  test('recipes; what is not deleted is named', () =>
    at(async (site) => {
      await ims(site, 'recipes', 'delete', ids.recipe)
      expect(await ims(site, 'recipes', 'undelete', 'barebones')).toMatchObject({
        exit: 0,
        stderr: `undeleted recipe ${ids.recipe}  barebones\n`,
      })
      expect(site.mock.state.recipes.get(ids.recipe)?.name).toBe('barebones')
      expect(await ims(site, 'images', 'undelete', 'compute')).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('Error: "compute" is an image, not a deleted image'),
      })
    }))
})

test('single variables of a recipe are changed, the others stay', () =>
  at(async (site) => {
    const dictionary = () =>
      Object.fromEntries(site.mock.state.recipes.get(ids.recipe)!.template_dictionary!.map(({ key, value }) => [key, value]))
    const edit = (...words: string[]) => ims(site, 'recipes', 'edit-dictionary', 'barebones', ...words, '--query', 'id')
    expect(await edit('A=1', 'B=2')).toEqual({ exit: 0, stdout: `${ids.recipe}\n`, stderr: '' })
    expect(await edit('B-', 'C=3')).toMatchObject({ exit: 0 })
    expect(dictionary()).toEqual({ A: '1', C: '3' })
    const writes = site.writes().length
    expect(await edit('A=1')).toMatchObject({ exit: 0 })
    expect(await edit('Z-')).toMatchObject({ exit: 2, stderr: expect.stringContaining('It has A, C. Nothing was changed.') })
    expect(site.writes()).toHaveLength(writes)
  }))
