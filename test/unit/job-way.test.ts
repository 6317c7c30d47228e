import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandContext } from '../../src/context.ts'
import { connectToContainer, type WaySearch } from '../../src/jobs/connect.ts'
import { CliError } from '../../src/errors.ts'
import type { Api } from '../../src/ims/api.ts'
import { toValue } from '../../src/json/value.ts'
import type { Job } from '../../src/ims/records.ts'
import { pod, running } from '../support/pods.ts'
import { fillCluster, standInCluster } from '../support/site-kubectl.ts'
import { isAlive, standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'

// One never says anything; the other is an SSH server as far as it matters here.
const silent = createServer((socket) => socket.on('error', () => {}))
const speaking = createServer((socket) => void socket.on('error', () => {}).write('SSH-2.0-test\r\n'))
const listen = (server: Server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
const at = (server: Server) => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })

beforeAll(async () => void (await Promise.all([silent, speaking].map(listen))))
afterAll(() => [silent, speaking].forEach((server) => server.close()))

const standIns: StandIn[] = []
afterAll(() => standIns.forEach((standIn) => standIn.remove()))
function kubectl(script: string): StandIn {
  const standIn = standInKubectl(script)
  standIns.push(standIn)
  fillCluster(standIn, { pod: pod({ sshd: running }) })
  return standIn
}

/** Looks for a way into a job with one address; lines are what is said meanwhile. */
function search(
  customer: { host: string; port: number },
  cluster: { host: string; port: number },
  script: string,
  options: Partial<WaySearch> = {},
  status = () => 'waiting_on_user',
) {
  const standIn = kubectl(script)
  const interrupt = new AbortController()
  const sleep = (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((done, fail) => {
      const timer = setTimeout(done, milliseconds)
      signal?.addEventListener('abort', () => (clearTimeout(timer), fail(signal.reason)))
    })
  const io = { env: standIn.env, interrupted: interrupt.signal, monotonic: () => performance.now(), sleep }
  const context = {
    io,
    commandLine: (...words: readonly string[]) => ['cray-ims', ...words].join(' '),
    command: { name: 'debug' },
    log() {},
    warn() {},
  } as unknown as CommandContext
  const ssh_containers = [
    { name: 'debug', jail: false, status: 'pending', connection_info: { customer_access: customer, 'cluster.local': cluster } },
  ]
  const job = {
    id: 'ad5163d2-398d-4e93-94f0-2f439f114fe7',
    created: '2026-01-02T03:04:05',
    kubernetes_namespace: 'ims',
    kubernetes_job: 'j',
    kubernetes_service: 's',
    job_type: 'create',
    artifact_id: 'r',
    public_key_id: 'k',
    image_root_archive_name: 'name',
    ssh_containers,
  }
  const api = { send: async () => toValue({ ...job, status: status() }) } as unknown as Api
  const lines: string[] = []
  const progress = { update() {}, stop() {}, log: (text: string) => void lines.push(text) }
  const shell = { context, api, job: job as unknown as Job, container: ssh_containers[0]!, progress }
  const found = connectToContainer(shell, { access: 'auto', interval: 0.05, ...options })
  return { found, lines, interrupt, standIn }
}

const forwards = ({ folder }: StandIn) =>
  existsSync(join(folder, 'forwards')) ? readFileSync(join(folder, 'forwards'), 'utf8').trim().split('\n').map(Number) : []
const gone = async (pid: number) => {
  while (isAlive(pid)) await new Promise((again) => setTimeout(again, 20))
}

describe.concurrent('a port-forward', () => {
  test('joins when no address showed a banner for a while, says so, and goes with the way', async () => {
    const script = standInCluster.replace('"$@" ;;\nesac', `:${at(speaking).port} ;;\nesac`)
    const { found, lines, standIn } = search(at(silent), at(silent), script, { alone: 50, patience: 30_000 })
    const way = await found
    expect(way.address.name).toBe('port-forward')
    expect(lines).toEqual(['  no SSH banner yet; kubectl port-forward to pod/cray-ims-1-create-x7k2p joins'])
    const pids = forwards(standIn)
    expect(pids.map(isAlive)).toEqual([true])
    way.socket.destroy()
    way.close()
    await Promise.all(pids.map(gone))
  })

  test('that was opened goes when an address is the first', async () => {
    const held = new Set<Socket>()
    const late = createServer((socket) => void held.add(socket.on('error', () => {})))
    await listen(late)
    const { found, standIn, lines } = search(
      at(silent),
      at(late),
      standInCluster.replace('"$@" ;;\nesac', `:${at(silent).port} ;;\nesac`),
      { alone: 50 },
    )
    while (lines.length === 0 || held.size === 0) await new Promise((again) => setTimeout(again, 20))
    for (const socket of held) socket.write('SSH-2.0-late\r\n')
    const way = await found
    way.socket.destroy()
    expect(way.address.name).toBe('cluster')
    await Promise.all(forwards(standIn).map(gone))
    late.close()
  })

  test('that was opened, but led nowhere, goes with the search', async () => {
    const { found, standIn, lines, interrupt } = search(at(silent), at(silent), standInCluster, { alone: 50 })
    found.catch(() => {})
    while (lines.length === 0) await new Promise((again) => setTimeout(again, 20))
    interrupt.abort(new CliError('Interrupted by SIGINT', { exit: 130 }))
    await expect(found).rejects.toMatchObject({ exit: 130 })
    await Promise.all(forwards(standIn).map(gone))
  })

  test('that cannot be had hinders nobody where there are addresses', async () => {
    const { found, lines } = search(at(silent), at(silent), 'echo no >&2; exit 1', { alone: 1, patience: 1000, exit: 3 })
    await expect(found).rejects.toMatchObject({
      exit: 3,
      message: 'no SSH server answers',
      more: [expect.stringContaining('customer '), expect.stringContaining('cluster ')],
    })
    expect(lines).toEqual([])
  })

  test('is all that is tried where it is asked for', async () => {
    const { found, standIn } = search(at(silent), at(speaking), 'echo no >&2; exit 1', { access: 'port-forward' })
    await expect(found).rejects.toMatchObject({ exit: 255, message: "can't reach job ad5163d2… by port-forward: no" })
    expect(standIn.calls().map((call) => call.split(' ')[0])).toEqual(['get', 'port-forward'])
  })

  test('that ends is opened again, to the time limit, and counts as one way', async () => {
    const script = standInCluster.replace(
      'exec node',
      `echo 'Forwarding from 127.0.0.1:${at(silent).port} -> 22'; echo 'error: lost connection to pod' >&2; exit 1; node`,
    )
    const { found, standIn, lines } = search(at(silent), at(silent), script, { access: 'port-forward', patience: 4000, exit: 3 })
    await expect(found).rejects.toMatchObject({
      exit: 3,
      message: 'no SSH server answers',
      more: [expect.stringMatching(/^ {2}port-forward 127\.0\.0\.1:\d+ {2}lost connection to pod \(tried \d+×\)$/)],
    })
    expect(standIn.calls().filter((call) => call.startsWith('port-forward')).length).toBeGreaterThan(1)
    expect(lines).toEqual([])
  })

  test('is gone with its pod', async () => {
    const script = standInCluster.replace(
      'exec node',
      `[ -f "$DIR/once" ] && { echo 'Error from server (NotFound): pods "x" not found' >&2; exit 1; }; touch "$DIR/once"; echo 'Forwarding from 127.0.0.1:${at(silent).port} -> 22'; echo 'error: lost connection to pod' >&2; exit 1; node`,
    )
    await expect(search(at(silent), at(silent), script, { access: 'port-forward', patience: 60_000 }).found).rejects.toMatchObject({
      exit: 255,
      message: expect.stringContaining('pods "x" not found'),
    })
  })
})

describe.concurrent('the search ends', () => {
  test.each([
    ['error', 'does not wait any more: it is in error'],
    ['success', 'it is in success'],
  ])('when the job is in %s', async (status, words) => {
    let looks = 0
    const { found } = search(at(silent), at(silent), 'exit 1', {}, () => (++looks > 2 ? status : 'waiting_on_user'))
    await expect(found).rejects.toMatchObject({ exit: 1, message: expect.stringContaining(words) })
  })

  test('by its user, who is told meanwhile what can be done', async () => {
    const { found, lines, interrupt } = search(at(silent), at(silent), 'exit 1', { remind: 50 })
    while (lines.length < 4) await new Promise((again) => setTimeout(again, 20))
    interrupt.abort(new CliError('Interrupted by SIGINT', { exit: 130 }))
    await expect(found).rejects.toMatchObject({ exit: 130 })
    expect(lines).toEqual([
      '  Nothing has answered yet; still trying.',
      '  Look at its pod: kubectl describe pods -n ims -l job-name=j',
      expect.stringContaining('deleting it frees its memory'),
      '  To delete it: cray-ims jobs delete ad5163d2-398d-4e93-94f0-2f439f114fe7',
    ])
  })

  test('when the process is interrupted', async () => {
    const { found, interrupt } = search(at(silent), at(silent), 'exit 1')
    interrupt.abort(new CliError('Interrupted by SIGINT', { exit: 130 }))
    await expect(found).rejects.toMatchObject({ exit: 130 })
  })
})
