import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { explainKubectlError, type KubectlError } from '../../src/kubernetes/kubectl-error.ts'
import { readHostKeys } from '../../src/kubernetes/host-keys.ts'
import { createKubectl, type Kubectl } from '../../src/kubernetes/kubectl.ts'
import { findEvents, findPods } from '../../src/kubernetes/find-pods.ts'
import { openPortForward } from '../../src/kubernetes/port-forward.ts'
import { job, list, pod } from '../support/pods.ts'
import { isAlive, standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'

const standIns: StandIn[] = []
afterEach(() => {
  for (const one of standIns.splice(0)) one.remove()
})

function standIn(script: string): StandIn & { kubectl: Kubectl } {
  const one = standInKubectl(script)
  standIns.push(one)
  return { ...one, kubectl: createKubectl(one.env) }
}

const kubectlErrorOf = (promise: Promise<unknown>): Promise<KubectlError> =>
  promise.then(
    () => expect.fail('no fault'),
    (fault) => fault,
  )
const written = (path: string): Promise<string> =>
  vi.waitFor(() => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    if (!text.endsWith('\n')) throw new Error(`${path} is not there yet`)
    return text.trim()
  }, 20_000)
const gone = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000)

describe('what a fault is called', () => {
  test.each([
    ['Error from server (NotFound): pods "x" not found', 'not found', 'pods "x" not found'],
    ['Error from server (Forbidden): pods is forbidden: User "u" cannot list', 'forbidden', 'pods is forbidden: User "u" cannot list'],
    ['error: You must be logged in to the server (Unauthorized)', 'forbidden', 'You must be logged in to the server (Unauthorized)'],
    [
      'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
      'unreachable',
      'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
    ],
    [
      'E0102 03:04:05.1 1 memcache.go:265] couldn’t get current server API group list\nUnable to connect to the server: dial tcp: lookup k8s: no such host',
      'unreachable',
      'Unable to connect to the server: dial tcp: lookup k8s: no such host',
    ],
    [
      'Error from server (ServiceUnavailable): the server is currently unable to handle the request',
      'unreachable',
      'the server is currently unable to handle the request',
    ],
    ['Warning: old\nerror: container sshd is not valid for pod x', 'failed', 'container sshd is not valid for pod x'],
    ['error: lost connection to pod', 'failed', 'lost connection to pod'],
    [
      'E0101 00:00:00.0 1 portforward.go:413] an error occurred forwarding 4 -> 22: error forwarding port 22 to pod x, uid : failed to connect to localhost:22 inside namespace: dial tcp4 127.0.0.1:22: connect: connection refused\nerror: lost connection to pod',
      'failed',
      'lost connection to pod: connection refused',
    ],
    [
      'E0101 00:00:00.0 1 portforward.go:351] error creating error stream for port 4 -> 22: Timeout occurred\nerror: lost connection to pod',
      'failed',
      'lost connection to pod',
    ],
    ['', 'failed', 'kubectl ended with 1'],
  ])('%s', async (stderr, kind, message) => {
    const { kubectl } = standIn(`cat >&2 <<'.'\n${stderr}\n.\nexit 1`)
    expect(await kubectlErrorOf(kubectl.read(['get', 'pods']))).toMatchObject({ kind, message })
  })

  test('no kubectl', async () => {
    const fault = await kubectlErrorOf(createKubectl({ PATH: '/nowhere' }).read(['get', 'pods']))
    expect(fault.kind).toBe('missing')
    const failure = explainKubectlError(fault, "can't read the logs of job ad51", 'ims')
    expect(failure.message).toBe("can't read the logs of job ad51: there is no kubectl in PATH")
    expect([failure.exit, failure.more.length, Boolean(failure.next)]).toEqual([1, 1, true])
  })
})

describe('a call', () => {
  test('gets the environment, but for what is of cray', async () => {
    const { env } = standIn('echo "$KUBECONFIG,$CRAY_SECRET"; [ -t 0 ] || cat')
    const kubectl = createKubectl({ ...env, KUBECONFIG: '/k', CRAY_SECRET: 's' })
    expect(await kubectl.read([])).toBe('/k,\n')
  })

  test('whose cluster is dead is ended, with all it started', async () => {
    const { kubectl, folder } = standIn('sleep 600 & echo $! >$DIR/sleeper; wait')
    const fault = await kubectlErrorOf(kubectl.read(['get', 'pods'], { limit: 300 }))
    expect(fault).toMatchObject({ kind: 'unreachable', message: 'kubectl had no answer within 0.3 s' })
    if (existsSync(join(folder, 'sleeper'))) await gone(Number(await written(join(folder, 'sleeper'))))
  })

  test('ends with its signal, for its reason', async () => {
    const { kubectl, folder } = standIn('echo $$ >$DIR/pid; exec sleep 600')
    const stop = new AbortController()
    const call = kubectlErrorOf(kubectl.read(['get', 'pods'], { signal: stop.signal }))
    const pid = Number(await written(join(folder, 'pid')))
    stop.abort(new Error('enough'))
    expect((await call).message).toBe('enough')
    await gone(pid)
    await expect(kubectl.read([], { signal: stop.signal })).rejects.toThrow('enough')
  })

  test('brings large output whole', async () => {
    const { kubectl } = standIn('head -c 3000000 /dev/zero | tr "\\0" x')
    expect((await kubectl.read([])).length).toBe(3_000_000)
  })
})

test('pods come by selector, the newest first', async () => {
  const old = pod({}, {}, { name: 'old', creationTimestamp: '2026-01-01T00:00:00Z' })
  const { kubectl, calls } = standIn(`cat <<'.'\n${list(old, pod({}))}\n.`)
  expect((await findPods(kubectl, job)).map(({ metadata }) => metadata.name)).toEqual(['cray-ims-1-create-x7k2p', 'old'])
  expect(calls()).toEqual(['get pods -n ims -l job-name=cray-ims-1-create -o json'])
})

test('events are of the pod, or of the job while there is none', async () => {
  const { kubectl, calls } = standIn(
    'echo "{\\"items\\":[{\\"reason\\":\\"b\\",\\"lastTimestamp\\":\\"2026-01-02T00:00:00Z\\"},{\\"reason\\":\\"a\\",\\"lastTimestamp\\":\\"2026-01-01T00:00:00Z\\"}]}"',
  )
  expect((await findEvents(kubectl, job, pod({}))).map(({ reason }) => reason)).toEqual(['a', 'b'])
  await findEvents(kubectl, job, undefined)
  expect(calls()).toEqual([
    'get events -n ims --field-selector involvedObject.kind=Pod,involvedObject.name=cray-ims-1-create-x7k2p -o json',
    'get events -n ims --field-selector involvedObject.kind=Job,involvedObject.name=cray-ims-1-create -o json',
  ])
})

test('what is no JSON is a fault', async () => {
  const { kubectl } = standIn('echo hello')
  expect(await kubectlErrorOf(findPods(kubectl, job))).toMatchObject({ kind: 'failed' })
})

describe('host keys', () => {
  const ask = { namespace: 'ims', pod: 'p' }

  test('are read in the container', async () => {
    const { kubectl, calls } = standIn('printf "ssh-ed25519 AAAAC3Nz root@p\\necdsa-sha2-nistp256 AAAAE2Vj\\nnoise\\n"')
    expect(await readHostKeys(kubectl, ask)).toEqual([
      { type: 'ssh-ed25519', blob: Buffer.from('AAAAC3Nz', 'base64') },
      { type: 'ecdsa-sha2-nistp256', blob: Buffer.from('AAAAE2Vj', 'base64') },
    ])
    expect(calls()).toEqual(['exec -n ims p -c sshd -- sh -c cat /etc/ssh/ssh_host_*_key.pub'])
  })

  test.each([
    ['a dead cluster', 'sleep 600'],
    ['no right', 'echo "Error from server (Forbidden): no" >&2; exit 1'],
    ['nothing there', ':'],
  ])('%s: none', async (_, script) => {
    const { kubectl } = standIn(script)
    expect(await readHostKeys(kubectl, ask, { limit: 500 })).toBeUndefined()
  })

  test('no kubectl: none', async () => {
    expect(await readHostKeys(createKubectl({ PATH: '/nowhere' }), ask)).toBeUndefined()
  })
})

const target = { namespace: 'ims', pod: 'p', service: 's', port: 22 }
const forwards = 'echo $$ >$DIR/pid; echo "Forwarding from 127.0.0.1:40022 -> 22"; exec sleep 600'

describe('a port-forward', () => {
  test('leads to the pod until it is closed', async () => {
    const { kubectl, calls, folder } = standIn(forwards)
    const forward = await openPortForward(kubectl, target)
    expect(forward).toMatchObject({ host: '127.0.0.1', port: 40022, target: 'pod/p' })
    expect(calls()).toEqual(['port-forward -n ims --address 127.0.0.1 pod/p :22'])
    forward.close()
    expect(await forward.ended).toBeUndefined()
    await gone(Number(await written(join(folder, 'pid'))))
  })

  test('leads to the service where the pod is no way', async () => {
    const { kubectl } = standIn(
      `case "$*" in *pod/p*) echo "error: unable to forward port because pod is not running. Current status=Pending" >&2; exit 1;; esac\n${forwards}`,
    )
    const forward = await openPortForward(kubectl, target)
    expect(forward.target).toBe('svc/s')
    forward.close()
    await forward.ended
  })

  test('that breaks says why', async () => {
    const { kubectl } = standIn('echo "Forwarding from 127.0.0.1:40022 -> 22"; echo "error: lost connection to pod" >&2; exit 1')
    const forward = await openPortForward(kubectl, target)
    expect((await forward.ended)?.message).toBe('lost connection to pod')
  })

  test.each([
    ['a dead cluster', 'sleep 600', { limit: 300 }, 'kubectl had no answer within 0.3 s', 1],
    ['no way at all', 'echo "Error from server (NotFound): $6 not found" >&2; exit 1', {}, 'svc/s not found', 2],
    ['an end without a word', 'exit 0', {}, 'kubectl port-forward ended at once', 2],
  ])('%s: none', async (_, script, limits, message, tries) => {
    const { kubectl, calls } = standIn(script)
    expect((await kubectlErrorOf(openPortForward(kubectl, target, limits))).message).toBe(message)
    expect(calls().length).toBeLessThanOrEqual(tries)
  })

  test('ends with its signal', async () => {
    const { kubectl, folder } = standIn('echo $$ >$DIR/pid; exec sleep 600')
    const stop = new AbortController()
    const opening = kubectlErrorOf(openPortForward(kubectl, target, { signal: stop.signal }))
    const pid = Number(await written(join(folder, 'pid')))
    stop.abort(new Error('enough'))
    expect((await opening).message).toBe('enough')
    await gone(pid)
  })

  test('dies with us, also under kill -9, with all it started', async () => {
    const { env, folder } = standIn('sleep 600 & echo "$$ $!" >$DIR/pids; echo "Forwarding from 127.0.0.1:40022 -> 22"; wait')
    const source = join(import.meta.dirname, '../../src/kubernetes')
    const entry = join(folder, 'entry.mjs')
    const program = `import { createKubectl } from ${JSON.stringify(join(source, 'kubectl.ts'))}
      import { openPortForward } from ${JSON.stringify(join(source, 'port-forward.ts'))}
      await openPortForward(createKubectl(process.env), ${JSON.stringify(target)})
      console.log('open')
      setInterval(() => {}, 1000)`
    const bundle = await rolldown({
      input: 'entry',
      platform: 'node',
      plugins: [{ name: 'entry', resolveId: (id) => (id === 'entry' ? entry : null), load: (id) => (id === entry ? program : null) }],
    })
    await bundle.write({ file: entry, format: 'esm' })
    await bundle.close()

    const us = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const over = new Promise((done) => us.once('exit', done))
    await new Promise((done) => us.stdout.once('data', done))
    const pids = (await written(join(folder, 'pids'))).split(' ').map(Number)
    expect(pids.map(isAlive)).toEqual([true, true])
    us.kill('SIGKILL')
    await over
    for (const pid of pids) await gone(pid)
  })
})
