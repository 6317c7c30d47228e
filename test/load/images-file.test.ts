import { expect, test } from 'vitest'
import { atImageSite, yamlOf } from '../support/image-site.ts'
import { measured, MiB } from '../support/measured.ts'
import { sampledCount } from '../support/sampled.ts'

const count = sampledCount(1000, 20)
const names = Array.from({ length: count }, (_, at) => `image-${at}`)

test(
  `a file of ${count} images: one job each, requests that grow with them, and bounded memory`,
  () =>
    atImageSite({}, async (site) => {
      const file = site.write('images.yaml', yamlOf(...names.map((name) => `name: ${name}, recipe: good`)))
      const { exit, stdout, peak } = await measured(['build', '--file', file, '--interval', '0.05', '--format', 'json'], {
        cwd: site.folder,
        env: site.env,
      })
      expect(exit).toBe(0)
      const printed = JSON.parse(stdout) as { name: string; image_id: string; result: string }[]
      const made = site.images()
      expect(printed).toEqual(names.map((name) => ({ name, image_id: made[name]![0], result: 'made' })))
      expect(Object.values(made).every((ids) => ids.length === 1)).toBe(true)
      const writes = site.writes().map((write) => write.replace(/^(DELETE \/jobs)\/.*/, '$1'))
      const counted = (one: string) => writes.filter((write) => write === one).length
      expect({ all: writes.length, created: counted('POST /jobs'), deleted: counted('DELETE /jobs') }).toEqual({
        all: 2 * count + 1,
        created: count,
        deleted: count,
      })
      expect(Object.keys((JSON.parse(site.read('images.yaml.state')) as { images: object }).images).sort()).toEqual(names.toSorted())
      expect(site.asked.length).toBeLessThan(20 * count)
      expect(peak).toBeLessThan(200 * MiB)
    }),
  900_000,
)
