import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { configuredHome } from '../support/configured-home.ts'
import { serveHttp } from '../support/loopback.ts'
import { MiB } from '../support/measured.ts'
import { program } from '../support/program.ts'
import { sampledCount } from '../support/sampled.ts'
import { temporaryFolder } from '../support/sshd.ts'
import { createTokenServer } from '../support/token-server.ts'

/** Looks of eight hours, one each ten seconds; here one each 10 ms. */
const looks = sampledCount(2880, 8)
/** By then everything has been loaded, and each trouble has come once. */
const settled = Math.max(120, looks / 8)
/** What a connection holds that is under way is not kept: of several looks the one counts with which the least is held. */
const [times, apart] = [5, 7]
const isEarly = (look: number) => look >= settled && look < settled + times * apart && (look - settled) % apart === 0
const isLate = (look: number) => look > looks - times * apart && (looks - look) % apart === 0

/**
 * Code that V8 makes as it goes, and what it notes for that, would look like what is kept: for a thousand looks, since Node 22
 * by one compiler more (Maglev).
 */
const unchanging = ['--no-opt', '--no-maglev', '--no-sparkplug', '--no-lazy-feedback-allocation']

/** What a process holds after its garbage is collected. */
interface Held {
  heap: number
  descriptors: number
  resources: number
  listeners: number
}

const probe = `
const { readdirSync } = require('node:fs')
process.on('message', () => {
  gc()
  process.send({
    heap: process.memoryUsage().heapUsed,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  })
})
process.channel.unref()
`

const ids = ['aaaa0001', 'aaaa0002'].map((start) => `${start}-0000-4000-8000-000000000001`)
const job = (id: string, status: string) => ({ id, status, job_type: 'create', image_root_archive_name: 'n', enable_debug: false })

test.each([1, 2])(
  'a wait of eight hours for jobs (%i) keeps nothing of its looks',
  async (jobs) => {
    const { path: folder, remove } = temporaryFolder()
    const pair = await selfSigned(folder)
    const tokens = createTokenServer()
    const [before, after]: [Held[], Held[]] = [[], []]
    let seen = 0
    let revoked = 0

    async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      let body = ''
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string
      if (request.url!.startsWith('/keycloak/')) return tokens.answer(body, response)
      if (!tokens.admits(request)) return void response.writeHead(401).end()
      seen++
      if (isEarly(seen)) before.push(await ask())
      if (isLate(seen)) after.push(await ask())
      if (seen % 97 === 0) {
        revoked++
        tokens.revoke()
      }
      if (seen < looks && seen % 41 === 0) return void request.socket.destroy()
      if (seen < looks && seen % 29 === 0) return void response.writeHead(503).end()
      const records = ids.slice(0, jobs).map((id) => job(id, seen >= looks ? 'success' : 'building_image'))
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(jobs === 1 ? records[0] : records))
    }
    const server = await serveHttp((request, response) => void answer(request, response).catch(() => request.socket.destroy()), pair)
    const { env } = configuredHome(folder, server.url, { CRAY_IMS_CA_FILE: pair.file })
    const token = tokens.write(join(folder, 'tokens'), { expired: false })
    writeFileSync(join(folder, 'probe.cjs'), probe)
    const words = ['jobs', 'wait', ...ids.slice(0, jobs), '--interval', '0.01', '--timeout', '9h', '--retries', '0', '--token', token]
    const node = ['--use-openssl-ca', ...unchanging, '--expose-gc', '--require', join(folder, 'probe.cjs'), program]
    const child = spawn(process.execPath, [...node, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const ask = () =>
      new Promise<Held>((done) => {
        child.once('message', (answered) => done(answered as Held))
        child.send('')
      })
    let said = ''
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
    try {
      const exit = await new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)))
      expect({ exit, said }).toEqual({ exit: 0, said: expect.not.stringContaining('MaxListeners') })
      expect(said).toContain('the service is back')
      expect({ seen, renewed: tokens.renewals() }).toEqual({ seen: looks, renewed: revoked })
      expect([before, after].map((held) => held.length)).toEqual([times, times])
      const grown = (of: keyof Held) => Math.min(...after.map((held) => held[of])) - Math.min(...before.map((held) => held[of]))
      expect(grown('heap')).toBeLessThan(MiB / 16)
      expect(grown('listeners')).toBe(0)
      // One that the server has cut off may not be closed yet.
      for (const kind of ['descriptors', 'resources'] as const) expect(grown(kind), kind).toBeLessThanOrEqual(1)
    } finally {
      child.kill('SIGKILL')
      await server.close()
      remove()
    }
  },
  900_000,
)
