import { expect, test } from 'vitest'
import { configuredHome } from '../support/configured-home.ts'
import { serveHttp } from '../support/loopback.ts'
import { measured } from '../support/measured.ts'
import { sampledCount } from '../support/sampled.ts'
import { temporaryFolder } from '../support/sshd.ts'

const few = 1000
const many = sampledCount(100_000, 10)
const isFull = many > 10 * few

const idOf = (at: number) => `d88521c3-b339-43bc-afda-${String(at).padStart(12, '0')}`
const bodyOf = (count: number) =>
  JSON.stringify(
    Array.from({ length: count }, (_, at) => ({
      id: idOf(at),
      created: '2026-01-02T03:04:11.678901',
      name: `compute-${at}`,
      arch: 'x86_64',
      link: { path: `s3://boot-images/${idOf(at)}/manifest.json`, etag: 'f04af5f34635ae7c507322985e60c00c', type: 's3' },
      metadata: { note: `value ${at}` },
    })),
  )

test.each(['json', 'toml', 'yaml', 'table', 'csv'])('%s: what a record takes stays the same', async (format) => {
  const { path: folder, remove } = temporaryFolder()
  let body = ''
  let asked = 0
  const server = await serveHttp((_, response) => {
    asked++
    response.setHeader('Content-Type', 'application/json').end(body)
  })
  const list = async (count: number) => {
    body = bodyOf(count)
    asked = 0
    const outcome = await measured(['images', 'list', '--format', format], { cwd: folder, env })
    expect({ exit: outcome.exit, stderr: outcome.stderr, asked }).toEqual({ exit: 0, stderr: '', asked: 1 })
    expect(outcome.stdout.match(/compute-\d+\b/g)).toHaveLength(count)
    return outcome
  }
  const { env } = configuredHome(folder, server.url)
  try {
    const [small, large] = [await list(few), await list(many)]
    expect((large.peak - small.peak) / (many - few)).toBeLessThan(8 * 1024)
    // A tenth is too little to tell the time of records from that of the start.
    if (!isFull) return
    const middle = await list(many / 10)
    expect(large.cpu / many).toBeLessThan((3 * middle.cpu) / (many / 10))
  } finally {
    await server.close()
    remove()
  }
})
