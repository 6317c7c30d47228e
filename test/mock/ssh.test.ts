import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'rolldown'
import ssh2 from 'ssh2'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Seed } from '../../src/mock/library.ts'
import type { Isolation } from '../../src/mock/ssh/container.ts'
import { answers, ids, listens, listenTo, mockShells, namespaces, program, skip, started, until } from '../support/mock-shells.ts'
import { ask } from '../support/mock-time.ts'
import { sampledCount } from '../support/sampled.ts'

const ways: Isolation[] = namespaces ? ['namespaces'] : []
const { key, folder, publicKey, site, ready, settings, ssh, said, clientOf } = mockShells()

let killable: string
beforeAll(async () => {
  killable = key('mock.cjs')
  await build({
    input: join(import.meta.dirname, '../support/mock-ssh-program.ts'),
    platform: 'node',
    external: [/\.node$/, 'cpu-features'],
    output: { file: killable, format: 'cjs', codeSplitting: false },
    logLevel: 'silent',
  })
})
afterEach(() => expect(sleepers()).toEqual([]))

/** Sleeps that these tests started, anywhere on the machine. */
function sleepers(): string[] {
  if (!existsSync('/proc/self/cmdline')) return []
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8') === 'sleep\x0098765\x00'
    } catch {
      return false
    }
  })
}

/** Whether a process is the one that its terminal's Ctrl-C goes to: its shell makes it that once it runs. */
function isInForeground(pid: string): boolean {
  const [, , group, , , foreground] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return group === foreground
}

describe.skipIf(skip).each(ways)('the shell of a job (%s)', (isolation) => {
  it('of create has the image root, the log and no environment of its own', async () => {
    const here = await ready({ kind: 'create', isolation })
    expect(await said(here, 'cd /mnt/image && ls && ls build/image-root')).toBe(
      'build\nkiwi.log\nboot\netc\nhome\nopt\nroot\nrun\nsrv\ntmp\nusr\nvar\n',
    )
    expect(await said(here, 'tail -1 /mnt/image/kiwi.log')).toMatch(/ERROR.*No provider of 'cos-libs' found/)
    expect(await said(here, 'cat "/mnt/image/build/image-root/etc/os-release"')).toMatch(/^NAME="SLES"/)
    expect(await said(here, 'env')).not.toMatch(/IMS_|REMOTE_BUILD|cray-ims-mock-|NODE/)
    expect(await said(here, 'id -un; echo $USER')).toMatch(/\nroot\n$/)
  })

  it('of customize has the image root, and the job in its environment', async () => {
    const here = await ready({ isolation })
    expect(await said(here, 'ls /mnt/image')).toBe('image-root\n')
    expect(await said(here, 'cat /mnt/image/image-root/etc/cray-release')).toBe('result\n')
    const env = await said(here, 'env')
    for (const line of [`IMS_JOB_ID=${here.job.id}`, 'IMS_ARCH=aarch64', 'IMS_DKMS_ENABLED=True', 'REMOTE_BUILD_NODE='])
      expect(env.split('\n')).toContain(line)
  })

  it.runIf(isolation === 'namespaces')(
    "of customize has an image root to change into, whose programs are the machine's and stay as they are",
    async () => {
      const here = await ready({ isolation })
      expect(
        await said(
          here,
          `chroot /mnt/image/image-root /bin/sh -c 'cat /etc/cray-release; test -r /proc/self/stat && echo >/dev/null && echo new >/etc/new; pwd'`,
        ),
      ).toBe('result\n/\n')
      expect(await said(here, 'cat /mnt/image/image-root/etc/new')).toBe('new\n')
      expect((await ssh(here, ['touch /mnt/image/image-root/usr/new'])).stderr).toContain('Read-only file system')
    },
  )

  it('in a jail has the image root at /', async () => {
    const here = await ready({ kind: 'jailed', isolation })
    expect((await said(here, 'ls /')).split('\n')).toEqual(expect.arrayContaining(['boot', 'etc', 'tmp', 'usr', 'var']))
    expect(await said(here, 'cat /etc/cray-release')).toBe('result\n')
    if (isolation === 'namespaces') expect(await said(here, 'ls -d /mnt /root 2>&1 || :')).toMatch(/\/mnt.*No such file.*\n\/root\n$/)
    // The connection may end before the command does.
    await ssh(here, ['touch /tmp/complete'])
    await until(() => here.job.status === 'packaging_artifacts')
  })

  it.each([
    ['create', 'complete', 'error'],
    ['create', 'failed', 'error'],
    ['customize', 'complete', 'packaging_artifacts'],
    ['customize', 'failed', 'error'],
    ['customize', 'failed /mnt/image/complete', 'error'],
  ] as const)('of %s: touch %s moves the job to %s, and ends the connection', async (kind, file, status) => {
    const here = await ready({ kind, isolation })
    const lasting = ssh(here, ['echo in; exec sleep 98765'])
    const background = said(here, 'sleep 98765 > /dev/null 2>&1 < /dev/null & echo on')
    expect(await background).toBe('on\n')
    await until(() => sleepers().length === 2)
    await ssh(here, [`touch /mnt/image/${file}`])
    expect(await lasting).toMatchObject({ exit: 255, stdout: 'in\n' })
    expect(here.job.status).toBe(status)
    await until(async () => readdirSync(folder()).length === 0 && sleepers().length === 0)
    expect(await answers(here.port)).toBe(false)
    await until(async () => (await listens(here.port)) === (status !== 'error'))
  })

  it('ends when the job is deleted', async () => {
    const here = await ready({ isolation })
    const lasting = ssh(here, ['echo in; exec sleep 98765'])
    await until(() => sleepers().length === 1)
    expect((await ask(here.mock, 'DELETE', `/v3/jobs/${here.job.id}`)).status).toBe(204)
    expect((await lasting).exit).toBe(255)
    await until(async () => readdirSync(folder()).length === 0 && sleepers().length === 0 && !(await listens(here.port)))
  })

  it('gives exit codes, streams and signals', async () => {
    const here = await ready({ isolation })
    expect(await ssh(here, ['cat; echo problem >&2; exit 7'], { stdin: Buffer.from([0, 255, 10, 13, 0]) })).toEqual({
      exit: 7,
      stdout: '\0\xff\n\r\0',
      stderr: 'problem\n',
    })
    expect(await ssh(here, ['exit 143'])).toMatchObject({ exit: 143 })
    // OpenSSH's client ends with 255 when a signal ended the command.
    expect(await ssh(here, ['kill -TERM $$'])).toMatchObject({ exit: 255 })
    // Without a command and a terminal it is a shell that reads commands.
    const { exit, stdout } = await ssh(here, [], { options: ['-T'], stdin: 'pwd\necho hi\nexit 3\n' })
    expect({ exit, stdout }).toEqual({ exit: 3, stdout: '/root\nhi\n' })

    const client = await clientOf(here)
    const trapping = await started((done) => client.exec(`trap 'echo caught; exit 5' TERM; echo go; while :; do sleep 0.05; done`, done))
    const heard = listenTo(trapping)
    await heard.hears('go\n')
    trapping.signal('TERM')
    expect([await heard.closed, heard.text()]).toEqual([5, 'go\ncaught\n'])
    const dying = await started((done) => client.exec('echo go; exec sleep 98765', done))
    const dies = listenTo(dying)
    await dies.hears('go\n')
    dying.signal('SIGTERM' as 'TERM')
    expect(await dies.closed).toBe('SIGTERM')
  })

  it('has a terminal of the size that is asked for, which follows changes', async () => {
    const here = await ready({ kind: 'create', isolation })
    const client = await clientOf(here)
    const channel = await started((done) => client.shell({ rows: 33, cols: 99, term: 'xterm-256color' }, done))
    const heard = listenTo(channel)
    await heard.hears(/\[root@cray-ims-.*-create-\w{5} ~\]# $/)
    channel.write('stty size; echo $TERM; tty; cd /; trap "stty size" WINCH\n')
    await heard.hears(/33 99\r\nxterm-256color\r\n\/dev\/pts\/\d+\r\n[^\n]* \/\]# $/)
    // dash takes signals in when a line was read.
    const nudge = async (line: string, answer: string | RegExp) => {
      const again = setInterval(() => channel.write(line), 50)
      await heard.hears(answer).finally(() => clearInterval(again))
    }
    channel.setWindow(40, 100, 0, 0)
    await nudge('\n', '40 100\r\n')
    // Of two in a row the signal of the second may go to the stty of the first.
    channel.setWindow(41, 101, 0, 0)
    channel.setWindow(44, 111, 0, 0)
    await nudge('stty size\n', /\n44 111\r\n/)
    // Ctrl-C reaches what runs, and not the shell.
    channel.write('sleep 98765\n')
    await until(() => sleepers().length === 1 && isInForeground(sleepers()[0]!))
    channel.write('\x03')
    await until(() => sleepers().length === 0)
    channel.write('exit 6\n')
    expect(await heard.closed).toBe(6)

    const { exit, stdout } = await ssh(here, ['test -t 0 && test -t 1 && exit 4'], { options: ['-tt'] })
    expect([exit, stdout]).toEqual([4, ''])
  })

  it('ends what runs in a terminal when its client goes away', async () => {
    const here = await ready({ isolation })
    const client = await clientOf(here)
    const channel = await started((done) => client.shell({ rows: 24, cols: 80 }, done))
    const heard = listenTo(channel)
    await heard.hears(']# ')
    channel.write('sleep 98765\n')
    await until(() => sleepers().length === 1)
    client.destroy()
    await until(() => sleepers().length === 0)
  })

  it.each(['scp', 'sftp'])('takes and gives files (%s)', async (way) => {
    const here = await ready({ kind: 'create', isolation })
    const bytes = createHash('sha512').update('x').digest()
    const big = Buffer.concat(Array.from({ length: 30_000 }, () => bytes))
    writeFileSync(join(folder(), 'up'), big)
    const root = '/mnt/image/build/image-root'
    const copy = async (...args: string[]) =>
      expect(await program('scp', [...settings('ed25519'), '-P', String(here.port), ...args])).toMatchObject({ exit: 0 })
    if (way === 'scp') {
      await copy(join(folder(), 'up'), `root@127.0.0.1:${root}/etc/new file`)
      expect(await said(here, `wc -c < '${root}/etc/new file'`)).toBe(`${big.length}\n`)
      await copy('-r', '-p', `root@127.0.0.1:${root}/etc`, join(folder(), 'down'))
      expect(readFileSync(join(folder(), 'down/new file')).equals(big)).toBe(true)
      expect(readFileSync(join(folder(), 'down/cray-release'), 'utf8')).toBe('result\n')
    } else {
      const lines = [
        `put ${folder()}/up here`,
        `cd ${root}`,
        'mkdir sub',
        `put ${folder()}/up sub/one`,
        'rename sub/one sub/two',
        'symlink two sub/three',
        'chmod 600 sub/two',
        'ls -l sub',
        `get sub/three ${folder()}/back`,
        'rm sub/two',
        'rm sub/three',
        'rmdir sub',
        'pwd',
        '-rm /usr/bin/env',
        '-get none',
      ]
      const { exit, stdout, stderr } = await program(
        'sftp',
        [...settings('ed25519'), '-P', String(here.port), '-b', '-', 'root@127.0.0.1'],
        `${lines.join('\n')}\n`,
      )
      expect(exit).toBe(0)
      expect(stdout).toContain(`Remote working directory: ${root}`)
      expect(stdout).toMatch(/-rw------- +\S+ +0 +0 +1920000/)
      expect(stderr).toMatch(/remote delete.*ermission denied/)
      expect(stderr).toMatch(/none" not found/)
      expect(readFileSync(join(folder(), 'back')).equals(big)).toBe(true)
      expect(await said(here, `cd; wc -c < here; ls ${root}`)).toMatch(/^1920000\nboot\n/)
      expect(existsSync('/usr/bin/env')).toBe(true)
    }
    rmSync(join(folder(), 'up'))
  })

  it('streams without end in little memory', async () => {
    const here = await ready({ isolation })
    const client = await clientOf(here)
    const much = 160 * 2 ** 20
    const channel = await started((done) => client.exec(`head -c ${much} /dev/zero`, done))
    // Nothing is read for a while: what comes waits at its source.
    await new Promise((next) => setTimeout(next, 300))
    const before = process.memoryUsage().rss
    let got = 0
    let most = 0
    channel.on('data', (chunk: Buffer) => {
      got += chunk.length
      most = Math.max(most, process.memoryUsage.rss() - before)
    })
    await new Promise((done) => channel.on('close', done))
    expect(got).toBe(much)
    expect(most).toBeLessThan(100 * 2 ** 20)

    const up = await started((done) => client.exec('wc -c', done))
    const heard = listenTo(up)
    const chunk = Buffer.alloc(2 ** 20)
    for (let count = 0; count < 64; count++) if (!up.write(chunk)) await new Promise((next) => up.once('drain', next))
    up.end()
    await heard.closed
    expect(heard.text().trim()).toBe(String(64 * 2 ** 20))
  })

  // ssh2's window is 2 MiB for both streams together.
  describe('gives both streams whole, however much waits for the client', () => {
    const size = 5_000_000
    const fill = (letter: string) => `head -c ${size} /dev/zero | tr '\\0' ${letter}`
    const both = `${fill('o')} & ${fill('e')} >&2; wait; exit 7`

    it.each([
      ['both', both, size, size],
      ['stderr alone', `cat >&2; exit 7`, 0, size],
      ['stderr behind stdout', `${fill('o')}; ${fill('e')} >&2; exit 7`, size, size],
    ])('to OpenSSH: %s', async (_, command, out, err) => {
      const here = await ready({ isolation })
      for (let count = sampledCount(3, 3); count > 0; count--) {
        const { exit, stdout, stderr } = await ssh(here, [command], { stdin: out === 0 ? Buffer.alloc(size, 'e') : '' })
        expect([exit, stdout.length, stderr.length]).toEqual([7, out, err])
        expect([stdout === 'o'.repeat(out), stderr === 'e'.repeat(err)]).toEqual([true, true])
      }
    })

    it.each([0, 20])('to our own client, which takes %i ms for each piece', async (pause) => {
      const here = await ready({ isolation })
      const client = await clientOf(here)
      for (let count = sampledCount(3, 3); count > 0; count--) {
        const channel = await started((done) => client.exec(both, done))
        let exit: unknown
        channel.on('exit', (code: unknown) => (exit = code))
        const taken = async (stream: AsyncIterable<Buffer>) => {
          const chunks: Buffer[] = []
          for await (const chunk of stream) {
            chunks.push(chunk)
            if (pause > 0) await new Promise((next) => setTimeout(next, pause))
          }
          return Buffer.concat(chunks).toString()
        }
        const [stdout, stderr] = await Promise.all([taken(channel), taken(channel.stderr as unknown as AsyncIterable<Buffer>)])
        expect([exit, stdout.length, stderr.length]).toEqual([7, size, size])
        expect([stdout === 'o'.repeat(size), stderr === 'e'.repeat(size)]).toEqual([true, true])
      }
    })
  })

  it('is gone with all that runs there when the mock is killed', async () => {
    const seed = (await site({ kind: 'jailed' })).mock.records()
    const jobs = [{ ...seed.jobs[0]!, status: 'waiting_on_user', mock: undefined, ssh_containers: [{ jail: true }] }]
    const child = spawn(process.execPath, [killable, JSON.stringify({ isolation, seed: { ...seed, jobs } })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const port = Number(await new Promise<string>((done) => child.stdout.once('data', (text) => done(String(text)))))
    await until(() => answers(port))
    const commands = ['sleep 98765', 'sleep 98765 & setsid sleep 98765 & exec sleep 98765']
    const running = [
      ...commands.map((command) => ssh({ port }, [command])),
      ssh({ port }, ['trap "" HUP; sleep 98765; :'], { options: ['-tt'] }),
    ]
    await until(() => sleepers().length === 5)
    child.kill('SIGKILL')
    for (const one of await Promise.all(running)) expect(one.exit).toBe(255)
    await until(() => sleepers().length === 0 && readdirSync(folder()).length === 0)
  })

  it('lets what a command reads no more go', async () => {
    const here = await ready({ isolation })
    const client = await clientOf(here)
    const channel = await started((done) => client.exec('exec 0<&-; sleep 0.2; echo done', done))
    const heard = listenTo(channel)
    channel.end(Buffer.alloc(8 * 2 ** 20))
    expect([await heard.closed, heard.text()]).toEqual([0, 'done\n'])
  })

  it('says where things are when they aren’t in their places', async () => {
    const here = await ready({ kind: 'jailed', isolation, terminals: false })
    // A client that wants a terminal, without getting one.
    const command = ['ssh', ...settings('ed25519'), '-p', String(here.port), 'root@127.0.0.1'].map((word) => `'${word}'`).join(' ')
    const { stdout } = await program('script', ['-qfec', command, '/dev/null'], 'ls; exit 4\n')
    expect(stdout).toContain('PTY allocation request failed')
    expect(stdout.match(/there is no terminal here: that takes script/g)).toHaveLength(1)
    expect((await ssh(here, ['true'])).stderr).toBe('')
  })

  it('survives forty connections one after another', async () => {
    const here = await ready({ isolation })
    for (let count = 0; count < 40; count++) {
      const client = await clientOf(here)
      client.destroy()
    }
    expect(await said(here, 'echo still')).toBe('still\n')
  })
})

describe.runIf(namespaces && !skip)('namespaces', () => {
  it('keep the machine as it is', async () => {
    const here = await ready({ isolation: 'namespaces' })
    const there = join(tmpdir(), 'from-inside')
    expect(await said(here, 'echo $HOME; pwd; hostname; ls -A ~; touch /tmp/x && ls /tmp')).toBe(
      `/root\n/root\ncray-ims-${here.job.id}-customize-${(await said(here, 'hostname')).trim().slice(-5)}\nx\n`,
    )
    expect((await ssh(here, ['touch /usr/x'])).exit).not.toBe(0)
    expect(await said(here, 'ps -e | wc -l')).toMatch(/^\s*[1-9]\n$/)
    expect(existsSync(there)).toBe(false)
  })
})

describe.skipIf(skip)('who gets in', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'])('the job’s %s key', async (key) => {
    const here = await ready({ key })
    expect(await ssh(here, ['echo in'], { key })).toMatchObject({ exit: 0, stdout: 'in\n' })
    const other = key === 'rsa' ? 'ed25519' : 'rsa'
    expect(await ssh(here, ['true'], { key: other })).toMatchObject({
      exit: 255,
      stderr: expect.stringContaining('Permission denied (publickey)'),
    })
    expect(await ssh(here, ['true'], { key, user: 'jane' })).toMatchObject({ exit: 255 })
  })

  it('nobody with another’s public key but without its private one', async () => {
    const here = await ready()
    const forged = new ssh2.Client()
    const own = ssh2.utils.parseKey(publicKey('ed25519'))
    const other = ssh2.utils.parseKey(readFileSync(key('rsa')))
    if (own instanceof Error || other instanceof Error) throw new Error('no keys')
    const agent = new (class extends ssh2.BaseAgent {
      getIdentities(done: (error: null, keys: never[]) => void) {
        done(null, [own as never])
      }
      sign(_: never, data: Buffer, ...rest: unknown[]) {
        ;(rest.at(-1) as (error: null, signature: Buffer) => void)(null, other.sign(data) as Buffer)
      }
    })()
    const failure = new Promise((fail) => forged.on('error', fail))
    forged.connect({ host: '127.0.0.1', port: here.port, username: 'root', agent: agent as never, hostVerifier: () => true })
    expect(await failure).toMatchObject({ level: 'client-authentication' })
  })

  it('a key whose record is gone, as the service copies it when the job is created', async () => {
    const here = await site()
    await ask(here.mock, 'DELETE', `/v3/public-keys/${ids.key}`)
    await ask(here.mock, 'DELETE', `/v3/deleted/public-keys/${ids.key}`)
    here.wait()
    await until(() => answers(here.port))
    expect(await said(here, 'echo in')).toBe('in\n')
  })

  it('nobody where the job’s key is none', async () => {
    writeFileSync(key('none.pub'), 'no key at all')
    expect((await ssh(await ready({ key: 'none' }), ['true'])).exit).toBe(255)
  })

  it('sees host keys that no other job has', async () => {
    const fingerprints = async (port: number) =>
      (await program('ssh-keyscan', ['-p', String(port), '127.0.0.1'])).stdout
        .split('\n')
        .filter((line) => line && !line.startsWith('#'))
        .map((line) => line.split(' ').slice(1).join(' '))
        .toSorted()
    const [one, other] = [await fingerprints((await ready()).port), await fingerprints((await ready()).port)]
    expect(one.map((line) => line.split(' ')[0])).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519'])
    expect(one.filter((line) => other.includes(line))).toEqual([])
  })
})

describe.skipIf(skip)('where a job’s shell is', () => {
  it('is said from the start, and nobody answers there before the job waits', async () => {
    const here = await site()
    const { data } = await ask(here.mock, 'GET', `/v3/jobs/${here.job.id}`)
    const at = { host: '127.0.0.1', port: here.port }
    expect(data.ssh_containers).toEqual([
      { name: 'customize', jail: false, status: 'pending', connection_info: { customer_access: at, 'cluster.local': at } },
    ])
    expect([await listens(here.port), await answers(here.port)]).toEqual([true, false])
    here.wait()
    await until(() => answers(here.port))
  })

  it('answers late where it is told to', async () => {
    const [late, soon] = [await site({ sshDelay: 3600 }), await site({ sshDelay: 0.01 })]
    late.wait()
    soon.wait()
    await until(() => answers(soon.port))
    expect(await answers(late.port)).toBe(false)
  })

  it('is nowhere for a create job without debug, or one that was refused', async () => {
    const { mock, job } = await site()
    const asked = { job_type: 'create', artifact_id: ids.recipe, public_key_id: ids.key, image_root_archive_name: 'x' }
    expect((await ask(mock, 'POST', '/v3/jobs', asked)).data.ssh_containers).toBe(null)
    expect((await ask(mock, 'POST', '/v3/jobs', { ...asked, artifact_id: ids.key })).status).toBe(400)
    expect([...mock.state.jobs.values()].map((one) => one.mock?.sshPort)).toEqual([job.mock!.sshPort, undefined])
  })

  it('is the same after a restart, and is another’s business where a seed says so', async () => {
    const first = await ready()
    const kept = JSON.parse(JSON.stringify(first.mock.records())) as Seed
    await first.closeAll()
    const again = await site({ seed: kept })
    expect(again.port).toBe(first.port)
    await until(() => answers(again.port))
    expect(await said(again, 'echo back')).toBe('back\n')

    const elsewhere = [
      { name: 'customize', jail: false, status: 'pending', connection_info: { customer_access: { host: 'other.example', port: 22 } } },
    ]
    const bare = { ...kept.jobs![0]!, mock: undefined }
    const theirs = await site({ seed: { ...kept, jobs: [{ ...bare, ssh_containers: elsewhere }] } })
    expect(theirs.job.ssh_containers).toEqual(elsewhere)
    const ours = await site({ seed: { ...kept, jobs: [{ ...bare, ssh_containers: undefined }] } })
    await until(() => answers(ours.port))
  })

  it('a remote build that failed leaves nothing to look at', async () => {
    const kept = (await site({ kind: 'create' })).mock.records()
    const job = {
      ...kept.jobs[0]!,
      status: 'waiting_on_user' as const,
      remote_build_node: 'x3000c0s1b0n0',
      mock: undefined,
      ssh_containers: undefined,
    }
    const here = await site({ seed: { ...kept, jobs: [job] } })
    await until(() => answers(here.port))
    expect(await said(here, 'ls -A /mnt/image')).toBe('')
  })
})
