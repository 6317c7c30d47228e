import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { customizing, failedBuild, ids, startSite, type Site } from '../support/site.ts'
import { fillCluster, standInCluster } from '../support/site-kubectl.ts'
import { pod, running } from '../support/pods.ts'
import { describeWithSshd } from '../support/describe-with-sshd.ts'
import { makeKey, startSshd, temporaryFolder } from '../support/sshd.ts'
import { isAlive, standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'

const jobs = {
  refused: failedBuild(),
  refusedToo: failedBuild(),
  mortal: failedBuild(),
  forwarded: failedBuild(),
  forwardedToo: failedBuild(),
  released: customizing(),
  killed: failedBuild(),
  hanging: failedBuild(),
  unreachable: failedBuild(),
  late: failedBuild({ artifact_id: ids.late, status: 'building_image' }),
}
// A server that takes connections and never says anything.
const silent: Server = createServer((socket) => socket.on('error', () => {}))

/** A job whose server takes connections, and says nothing. */
function crashed(id: string, remote: string) {
  const at = { host: '127.0.0.1', port: (silent.address() as AddressInfo).port }
  return failedBuild({
    id,
    remote_build_node: remote,
    ssh_containers: [{ name: 'debug', jail: false, status: 'pending', connection_info: { customer_access: at } }],
  })
}

let site: Site
let cluster: StandIn
beforeAll(async () => {
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
  const nowhere = crashed(jobs.unreachable.id, '')
  site = await startSite({ jobs: [...Object.values(jobs).filter((job) => job !== jobs.unreachable), nowhere] })
  cluster = standInKubectl(standInCluster)
  fillCluster(cluster, { pod: pod({ sshd: running }) })
})
afterAll(async () => {
  await site.close()
  cluster.remove()
  silent.close()
})

const forwards = (of: StandIn) =>
  existsSync(join(of.folder, 'forwards')) ? readFileSync(join(of.folder, 'forwards'), 'utf8').trim().split('\n').map(Number) : []

test.concurrent('a port-forward leads into the job, and ends with the shell', async () => {
  const { exit, stdout, stderr } = await site.debug([jobs.forwarded.id, '--access', 'port-forward', '--', 'echo in'], {
    env: { PATH: cluster.env.PATH! },
  })
  expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: 'in\n', stderr: expect.stringContaining('reaching its pod\n') })
  expect(cluster.calls()).toContainEqual(
    expect.stringMatching(/^port-forward -n ims --address 127\.0\.0\.1 pod\/cray-ims-1-create-x7k2p :\d+$/),
  )
  await Promise.all(forwards(cluster).map(gone))
})

test.concurrent.each(['refused', 'refusedToo'] as const)(
  'a port-forward that ends because no server is up yet is opened again (%s)',
  async (which) => {
    const own = standInKubectl(standInCluster)
    fillCluster(own, { pod: pod({ sshd: running }), refusals: 2 })
    try {
      const { exit, stdout, stderr } = await site.debug(
        [
          jobs[which].id,
          '--access',
          'port-forward',
          '--timeout',
          '1m',
          ...(which === 'refused' ? [] : ['--openssh']),
          '-v',
          '--',
          'echo in',
        ],
        { env: { PATH: own.env.PATH! } },
      )
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'in\n' })
      expect(stderr.match(/port-forward: lost connection to pod: connection refused; opening it again/g)).toHaveLength(2)
      await Promise.all(forwards(own).map(gone))
    } finally {
      own.remove()
    }
  },
)

test.concurrent('OpenSSH gets a port-forward of its own: the first may end with the look at the host key', async () => {
  const own = standInKubectl(standInCluster)
  fillCluster(own, { pod: pod({ sshd: running }), oneEach: true })
  try {
    expect(
      await site.debug([jobs.mortal.id, '--access', 'port-forward', '--openssh', '--', 'echo in'], { env: { PATH: own.env.PATH! } }),
    ).toMatchObject({ exit: 0, stdout: 'in\n' })
    await Promise.all(forwards(own).map(gone))
  } finally {
    own.remove()
  }
})

test.concurrent('OpenSSH goes through it, too; a line to be printed cannot', async () => {
  const env = { PATH: cluster.env.PATH! }
  expect(await site.debug([jobs.forwardedToo.id, '--access', 'port-forward', '--openssh', '--', 'echo in'], { env })).toMatchObject({
    exit: 0,
    stdout: 'in\n',
  })
  expect(await site.debug([jobs.forwardedToo.id, '--access', 'port-forward', '--print-command'], { env })).toMatchObject({
    exit: 255,
    stdout: '',
    stderr: expect.stringContaining('it ends with this program'),
  })
  await Promise.all(forwards(cluster).map(gone))
})

test.concurrent('a release goes through it', async () => {
  const outcome = await site.debug([jobs.released.id, '--access', 'port-forward', '--on-exit', 'save', '--', 'true'], {
    env: { PATH: cluster.env.PATH! },
  })
  expect(outcome).toMatchObject({ exit: 0, stderr: expect.stringContaining('✔ success') })
})

test.concurrent('kill -9 of ours leaves no port-forward behind', async () => {
  const own = standInKubectl(standInCluster)
  fillCluster(own, { pod: pod({ sshd: running }) })
  try {
    const child = spawn(
      process.execPath,
      [program, 'jobs', 'debug', jobs.killed.id, '--access', 'port-forward', '--', 'echo in; sleep 1000'],
      { cwd: site.home, env: { ...site.env, PATH: own.env.PATH! }, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    await new Promise((said) => child.stdout.once('data', said))
    const [pid] = forwards(own)
    expect(isAlive(pid!)).toBe(true)
    child.kill('SIGKILL')
    await gone(pid!)
  } finally {
    own.remove()
  }
})

test.concurrent('a port-forward that cannot be had: why, and what it takes', async () => {
  const { exit, stderr } = await site.debug([jobs.forwarded.id, '--access', 'port-forward'])
  expect({ exit, stderr }).toEqual({
    exit: 255,
    stderr: expect.stringMatching(
      /can't reach job [0-9a-f]{8}… by port-forward: The connection to the server localhost:8080 was refused\n.*\nNext: kubectl cluster-info\n$/,
    ),
  })
})

test.concurrent('a kubectl that hangs keeps nobody from the shell', async () => {
  const dead = standInKubectl('echo $$ >>"$DIR/forwards"; exec sleep 1000')
  try {
    expect(await site.debug([jobs.hanging.id, '--', 'echo in'], { env: { PATH: dead.env.PATH! } })).toMatchObject({
      exit: 0,
      stdout: 'in\n',
      stderr: expect.stringContaining(' new, accepted\n'),
    })
    await Promise.all(forwards(dead).map(gone))
  } finally {
    dead.remove()
  }
})

test.concurrent('a server without a banner, to the time limit', async () => {
  const { exit, stderr } = await site.debug([jobs.unreachable.id, '--timeout', '1s', '--', 'true'])
  expect({ exit, stderr }).toEqual({
    exit: 3,
    stderr: expect.stringMatching(
      new RegExp(
        `Error: no SSH server answers\n {2}customer 127\\.0\\.0\\.1:\\d+ {2}.*\nNext: cray-ims jobs debug ${jobs.unreachable.id}\n$`,
      ),
    ),
  })
})

test.concurrent('a job that no way leads into for long: where to look, and what frees it', async () => {
  const own = standInKubectl(standInCluster)
  fillCluster(own, { pod: pod({ sshd: running }), refusals: 1000 })
  const remote = 'x3000c0s19b3n0'
  const other = await startSite({ jobs: [crashed(jobs.unreachable.id, remote), crashed(jobs.hanging.id, '')] })
  try {
    const env = { PATH: own.env.PATH! }
    const debug = (...words: string[]) => other.debug([...words, '--timeout', '30s', '--', 'true'], { env })
    const [onNode, inPod, byOne, without] = await Promise.all([
      debug(jobs.unreachable.id),
      debug(jobs.hanging.id),
      debug(jobs.hanging.id, '--access', 'customer'),
      other.debug([jobs.hanging.id, '--timeout', '30s', '--', 'true'], { env: { PATH: '/nowhere' } }),
    ])
    expect(onNode).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(
        new RegExp(
          `Error: no SSH server answers\n {2}customer .*\n {2}port-forward .*lost connection to pod: connection refused \\(tried \\d+×\\)\nIt runs on the remote build node ${remote}\\. Its state: cray-ims remote-build-nodes status describe ${remote}\n.*deleting it frees its memory.*\nNext: cray-ims jobs delete ${jobs.unreachable.id}\n$`,
        ),
      ),
    })
    expect(inPod.stderr).toMatch(
      new RegExp(`\nLook at its pod: kubectl describe pods -n ims -l job-name=\\S+\n.*\nNext: cray-ims jobs delete ${jobs.hanging.id}\n$`),
    )
    expect(byOne.stderr).toMatch(new RegExp(`\nNext: cray-ims jobs debug ${jobs.hanging.id}\n$`))
    expect(without.stderr).toMatch(
      new RegExp(`\n {2}port-forward {2}there is no kubectl in PATH\n.*\n.*\nNext: cray-ims jobs delete ${jobs.hanging.id}\n$`),
    )
  } finally {
    await other.close()
    own.remove()
  }
})

test.concurrent('a server that comes up later than its job says', async () => {
  await site.ask('PATCH', `/jobs/${jobs.late.id}`, { status: 'waiting_on_user' })
  expect(await site.debug([jobs.late.id, '--', 'echo in'])).toMatchObject({ exit: 0, stdout: 'in\n' })
})

// The program logs in as root.
describeWithSshd('OpenSSH as the server', () => {
  const asRoot = userInfo().uid === 0
  test.skipIf(!asRoot)(`a connection that is lost while the job waits${asRoot ? '' : ' (skipped: run as root)'}`, async () => {
    const folder = temporaryFolder()
    const own = makeKey(join(folder.path, 'id'))
    const server = await startSshd({ authorized: [own.publicKey] })
    const at = { host: '127.0.0.1', port: server.port }
    const job = failedBuild({
      ssh_containers: [{ name: 'debug', jail: false, status: 'pending', connection_info: { customer_access: at } }],
    })
    const other = await startSite({ jobs: [job], publicKey: own.publicKey })
    try {
      const words = ['jobs', 'debug', job.id, '--interval', '0.2', '-i', own.path, '--', 'echo in; sleep 1000']
      const child = spawn(process.execPath, [program, ...words], { cwd: other.home, env: other.env, stdio: ['ignore', 'pipe', 'pipe'] })
      let stderr = ''
      child.stderr.on('data', (text: Buffer) => (stderr += text))
      const exit = new Promise((done) => child.once('close', done))
      await new Promise((said) => child.stdout.once('data', said))
      server.dropAll()
      expect(await exit).toBe(255)
      expect(stderr).toMatch(/✖ connection lost: .*\nJob \S+ still waits, holding 32 GiB\. Discard it: cray-ims jobs fail \S+\n$/)
    } finally {
      await other.close()
      await server.stop()
      folder.remove()
    }
  })
})

test.concurrent('an address that the job has not', async () => {
  expect(await site.debug([jobs.unreachable.id, '--access', 'cluster'])).toMatchObject({
    exit: 255,
    stderr: expect.stringMatching(/has no cluster address\n {2}customer 127\.0\.0\.1:\d+\nNext: .* --access port-forward\n$/),
  })
})

test.concurrent('a container that the job has not', async () => {
  expect(await site.debug([jobs.unreachable.id, '-c', 'other'])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('has no SSH container other\n  it has debug\n'),
  })
})

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((again) => setTimeout(again, 20))
}
