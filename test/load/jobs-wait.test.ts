import { expect, test } from 'vitest'
import { configuredHome } from '../support/configured-home.ts'
import { serveHttp } from '../support/loopback.ts'
import { measured, MiB } from '../support/measured.ts'
import { temporaryFolder } from '../support/sshd.ts'

const looks = 5
const ids = Array.from({ length: 5000 }, (_, at) => `${(0x10000000 + at * 7919).toString(16)}-0000-4000-8000-000000000001`)

test.each([
  ['ids', (id: string) => id],
  ['the beginnings of their ids', (id: string) => id.slice(0, 8)],
  ['names', (id: string) => `image-${id}`],
])('5,000 jobs by %s cost one request a look, and bounded memory', async (_, wordOf) => {
  const { path: folder, remove } = temporaryFolder()
  const asked: string[] = []
  const server = await serveHttp((request, response) => {
    const status = asked.push(`${request.method} ${request.url}`) < looks ? 'building_image' : 'success'
    const jobs = ids.map((id) => ({ id, status, job_type: 'create', image_root_archive_name: `image-${id}`, enable_debug: false }))
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(jobs))
  })
  try {
    const { env } = configuredHome(folder, server.url)
    const words = ids.map(wordOf)
    const { peak, ...outcome } = await measured(['jobs', 'wait', ...words, '--interval', '0.01', '--quiet', '--query', '[].id'], {
      cwd: folder,
      env,
    })
    expect(outcome).toMatchObject({ exit: 0, stdout: ids.map((id) => `${id}\n`).join(''), stderr: '' })
    expect(asked).toEqual(Array(looks).fill('GET /apis/ims/v3/jobs'))
    expect(peak).toBeLessThan(240 * MiB)
  } finally {
    await server.close()
    remove()
  }
})
