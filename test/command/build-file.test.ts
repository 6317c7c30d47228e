import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { away, ids, startImageSite, type ImageSite } from '../support/image-site.ts'

const lines = (text: string) => text.trimEnd().split('\n')

describe('twenty builds, five at once, three of them failing', () => {
  const names = Array.from({ length: 20 }, (_, at) => `image-${at + 1}`)
  const failing = new Set(['image-3', 'image-11', 'image-20'])
  let site: ImageSite
  let outcome: Awaited<ReturnType<ImageSite['build']>>
  beforeAll(async () => {
    site = await startImageSite({ speed: 2000 })
    site.write('twenty.yaml', `images:\n${names.map((name) => `  - name: ${name}\n    recipe: ${failing.has(name) ? 'bad' : 'good'}\n`).join('')}`)
    outcome = await site.build('twenty.yaml', '--parallel', '5', '--format', 'json')
  })
  afterAll(() => site.close())
  test('x', () => {
    console.log(outcome, site.mostUnfinished(), site.asked.length, site.asked.filter(({method,path}) => method==='GET' && path === '/jobs').length)
  })
})
