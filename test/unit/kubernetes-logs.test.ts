import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { tailOfFailed } from '../../src/kubernetes/failed-log.ts'
import { kubectlErrorOf, KubectlError } from '../../src/kubernetes/kubectl-error.ts'
import { createKubectl, type Kubectl } from '../../src/kubernetes/kubectl.ts'
import { compareTimes, createBookmark } from '../../src/kubernetes/log-lines.ts'
import { followLogs, type Following } from '../../src/kubernetes/follow-logs.ts'
import { readLogs, type LogLine } from '../../src/kubernetes/logs.ts'
import { merge } from '../../src/kubernetes/merge.ts'
import type { ContainerState, Pod } from '../../src/kubernetes/pod.ts'
import { ended, initializing, job, list, pod, running } from '../support/pods.ts'
import { standInKubectl, type StandIn } from '../support/stand-in-kubectl.ts'

const time = (second: number, fraction = '000000000') => `2026-01-02T03:04:${String(second).padStart(2, '0')}.${fraction}Z`
const stamped = (...lines: [number, string][]) => lines.map(([second, text]) => `${time(second)} ${text}\n`).join('')
const texts = (lines: LogLine[]) => lines.map(({ container, line }) => `${container} | ${line}`)

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

/** One answer to `kubectl logs`: what it prints, and how it ends; it stays open where it doesn't. */
interface Stream {
  text: string
  fault?: KubectlError
  open?: true
}

/** A kubectl without a process. Each look gives the next pod, the last again and again; so do streams by container. */
function cluster(looks: (Pod | KubectlError | undefined)[], streams: Record<string, Stream[]>) {
  const calls: string[] = []
  const next = <T>(list: T[]): T => (list.length > 1 ? list.shift()! : list[0]!)
  const kubectl: Kubectl = {
    async read(args, { signal } = {}) {
      signal?.throwIfAborted()
      calls.push(args.join(' '))
      const seen = next(looks)
      if (seen instanceof KubectlError) throw seen
      return seen ? list(seen) : list()
    },
    follow(args) {
      calls.push(args.join(' '))
      const { text, fault, open } = next(streams[args[args.indexOf('-c') + 1]!] ?? [{ text: '' }])
      const stdout = new PassThrough()
      stdout.write(text)
      let close = () => {}
      const over = new Promise<void>((done) => (close = done))
      if (!open) close()
      void over.then(() => stdout.end())
      const ended = over.then(() => (fault ? Promise.reject(fault) : undefined))
      ended.catch(() => {})
      return { stdout, ended, close }
    },
  }
  return { kubectl, logs: () => calls.filter((call) => call.startsWith('logs')), calls }
}

const soon = (_: number, signal?: AbortSignal) =>
  new Promise<void>((done, fail) => setImmediate(() => (signal?.aborted ? fail(signal.reason) : done())))
const follow = (kubectl: Kubectl, more: Partial<Following> = {}) =>
  followLogs(kubectl, job, { jobEnded: async () => false, sleep: soon, interval: 1, ...more })

const names = ['fetch-recipe', 'build-image', 'buildenv-sidecar', 'sshd'] as const
/** A pod whose containers are in these states, in their order. */
const at = (states: ContainerState[], phase = 'Running', metadata = {}) =>
  pod(Object.fromEntries(names.map((name, index) => [name, states[index] ?? initializing])), { phase }, metadata)

const done = at([ended(0), ended(0), ended(1), ended(0)], 'Failed')

describe('logs as they are', () => {
  test('come in the order the containers run', async () => {
    const { kubectl, logs } = cluster([at([ended(0), running], 'Pending')], {
      'fetch-recipe': [{ text: stamped([1, 'fetching'], [2, 'fetched']) }],
      'build-image': [{ text: `${stamped([3, 'ERROR: x'])}no time` }],
    })
    const lines = await all(readLogs(kubectl, job))
    expect(lines).toEqual([
      { container: 'fetch-recipe', line: 'fetching', time: time(1) },
      { container: 'fetch-recipe', line: 'fetched', time: time(2) },
      { container: 'build-image', line: 'ERROR: x', time: time(3) },
      { container: 'build-image', line: 'no time', time: undefined },
    ])
    expect(logs()).toEqual(['fetch-recipe', 'build-image'].map((name) => `logs -n ims pod/cray-ims-1-create-x7k2p -c ${name} --timestamps`))
  })

  test('are limited as asked', async () => {
    const { kubectl, logs } = cluster([done], { sshd: [{ text: '' }] })
    expect(await all(readLogs(kubectl, job, { container: 'sshd', since: 90, tail: 5 }))).toEqual([])
    expect(logs()).toEqual(['logs -n ims pod/cray-ims-1-create-x7k2p -c sshd --timestamps --since=90s --tail=5'])
  })

  test('a log that is gone is told, and passed over', async () => {
    const notices: string[] = []
    const { kubectl } = cluster([done], {
      'fetch-recipe': [{ text: '', fault: kubectlErrorOf(1, 'unable to retrieve container logs for containerd://1') }],
      sshd: [{ text: stamped([9, 'bye']) }],
    })
    expect(texts(await all(readLogs(kubectl, job, { notice: (text) => notices.push(text) })))).toEqual(['sshd | bye'])
    expect(notices).toEqual(['fetch-recipe: no logs: unable to retrieve container logs for containerd://1'])
  })

  test.each([
    ['no pod', undefined, {}, 'there is no pod with job-name=cray-ims-1-create in namespace ims'],
    ['no such container', done, { container: 'x' }, 'There is no container x in pod cray-ims-1-create-x7k2p'],
    ['not started', at([running]), { container: 'sshd' }, 'Container sshd has not started: PodInitializing'],
    ['no right', new KubectlError('forbidden', 'no'), {}, 'no'],
  ])('%s: an error', async (_, look, selection, message) => {
    await expect(all(readLogs(cluster([look], {}).kubectl, job, selection))).rejects.toThrow(message)
  })
})

describe('logs that are followed', () => {
  test('go from container to container to the end', async () => {
    const { kubectl, logs } = cluster(
      [
        undefined,
        at([], 'Pending'),
        at([running], 'Pending'),
        at([running], 'Pending'),
        at([ended(0)], 'Pending'),
        at([ended(0)], 'Pending'),
        at([ended(0), running], 'Pending'),
        at([ended(0), ended(0), running, running]),
        done,
      ],
      Object.fromEntries(names.map((name, index) => [name, [{ text: stamped([index, `${name} 1`], [index, `${name} 2`]) }]])),
    )
    const lines = texts(await all(follow(kubectl)))
    const [inits, mains] = [lines.slice(0, 4), lines.slice(4)]
    expect(inits).toEqual([
      'fetch-recipe | fetch-recipe 1',
      'fetch-recipe | fetch-recipe 2',
      'build-image | build-image 1',
      'build-image | build-image 2',
    ])
    expect(mains.toSorted()).toEqual(['buildenv-sidecar', 'sshd'].flatMap((name) => [`${name} | ${name} 1`, `${name} | ${name} 2`]))
    // Whose end was seen by the end of its stream is asked once more, for what that may have left out.
    const call = (name: string) => `${name} --timestamps -f`
    expect(logs().map((line) => line.split(' -c ')[1])).toEqual([
      ...[0, 1].flatMap((second) => [call(names[second]!), `${call(names[second]!)} --since-time=${time(second)}`]),
      ...names.slice(2).map(call),
    ])
  })

  test('a stream that breaks is taken up where it broke', async () => {
    const notices: string[] = []
    const builds = at([ended(0), running], 'Pending')
    const cut = new KubectlError('unreachable', 'unexpected EOF')
    const { kubectl, logs } = cluster([builds, builds, builds, builds, done], {
      'build-image': [
        { text: `${stamped([5, 'a'], [6, 'same'], [6, 'same'])}${time(7)} half a li`, fault: cut },
        { text: stamped([6, 'same'], [6, 'same'], [6, 'same']), fault: cut },
        { text: stamped([6, 'same'], [6, 'same'], [6, 'same'], [7, 'half a line'], [8, 'end']) },
      ],
    })
    const lines = await all(follow(kubectl, { container: 'build-image', tail: 3, notice: (text) => notices.push(text) }))
    expect(lines.map(({ line }) => line)).toEqual(['a', 'same', 'same', 'same', 'half a line', 'end'])
    expect(notices).toEqual(['build-image: unexpected EOF; reading on'])
    const call = 'logs -n ims pod/cray-ims-1-create-x7k2p -c build-image --timestamps -f'
    expect(logs()).toEqual([`${call} --tail=3`, ...[6, 6, 8].map((second) => `${call} --since-time=${time(second)}`)])
  })

  test('a stream that ends under a running container is taken up, too', async () => {
    const builds = at([running], 'Pending')
    const { kubectl } = cluster([builds, builds, builds, builds, builds, builds, done], {
      'fetch-recipe': [{ text: stamped([1, 'a']) }, { text: stamped([1, 'a'], [2, 'b']) }],
    })
    expect(texts(await all(follow(kubectl, { container: 'fetch-recipe' })))).toEqual(['fetch-recipe | a', 'fetch-recipe | b'])
  })

  test('a stream that ends in a line, by which nobody sees that it broke, is taken up at that line', async () => {
    const { kubectl } = cluster([at([running], 'Pending'), at([running], 'Pending'), done], {
      'fetch-recipe': [{ text: `${stamped([1, 'a'])}${time(2)} b` }, { text: `${stamped([1, 'a'], [2, 'both'])}${time(3)} end` }],
    })
    const lines = ['a', 'both', 'end'].map((text) => `fetch-recipe | ${text}`)
    expect(texts(await all(follow(kubectl, { container: 'fetch-recipe' })))).toEqual(lines)
  })

  test('limits are for what was written before, not for what starts later', async () => {
    const { kubectl, logs } = cluster([at([running], 'Pending'), at([running], 'Pending'), at([ended(0), running], 'Pending'), done], {})
    await all(follow(kubectl, { tail: 0, since: 1 }))
    expect(
      logs()
        .filter((call) => /--(tail|since)=/.test(call))
        .map((call) => / -c (\S+)/.exec(call)![1]),
    ).toEqual(['fetch-recipe', 'fetch-recipe'])
  })

  test('both last containers come as they write', async () => {
    let over = false
    const waits = at([ended(0), ended(0), running, running])
    const { kubectl } = cluster([waits], {
      'buildenv-sidecar': [{ text: stamped([3, 'waiting for the user']), open: true }],
      sshd: [{ text: stamped([3, 'listening']), open: true }],
    })
    const seen: string[] = []
    for await (const line of follow(kubectl, { jobEnded: async () => over })) {
      seen.push(...texts([line]))
      over = seen.length === 2
    }
    expect(seen.toSorted()).toEqual(['buildenv-sidecar | waiting for the user', 'sshd | listening'])
  })

  test('a reader that takes its time loses nothing of a job that has ended', async () => {
    const waits = at([ended(0), ended(0), running, running])
    const lines: [number, string][] = [
      [3, 'a'],
      [3, 'b'],
      [3, 'c'],
    ]
    const { kubectl } = cluster([waits], {
      'buildenv-sidecar': [{ text: stamped(...lines), open: true }],
      sshd: [{ text: '', open: true }],
    })
    const seen: string[] = []
    for await (const { line } of follow(kubectl, { jobEnded: async () => true })) {
      seen.push(line)
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  test('a pod that ends early ends them', async () => {
    const failed = at([ended(1)], 'Failed')
    const { kubectl, logs } = cluster([failed], { 'fetch-recipe': [{ text: stamped([1, 'ERROR: 404']) }] })
    expect(texts(await all(follow(kubectl)))).toEqual(['fetch-recipe | ERROR: 404'])
    expect(logs().length).toBe(1)
  })

  test('a pod that takes the place of the first is followed, too', async () => {
    const first = at([running], 'Pending')
    const second = at([ended(0), ended(0), ended(0), ended(0)], 'Succeeded', { name: 'second', uid: 'pod-2' })
    const { kubectl } = cluster([first, first, second], {
      'fetch-recipe': [{ text: stamped([1, 'first']) }, { text: stamped([2, 'second']) }],
    })
    expect(texts(await all(follow(kubectl)))).toEqual(['fetch-recipe | first', 'fetch-recipe | second'])
  })

  test('why a pod hangs is told once', async () => {
    const notices: string[] = []
    const hangs: Pod = {
      ...at([], 'Pending'),
      spec: { containers: [{ name: 'sshd' }] },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' }] },
    }
    let looks = 0
    const { kubectl } = cluster([hangs], {})
    await all(follow(kubectl, { jobEnded: async () => ++looks > 5, notice: (text) => notices.push(text) }))
    expect(notices).toEqual(['Unschedulable: no room'])
  })

  test('a cluster that is away for a while is waited for, one that stays away is not', async () => {
    const away = new KubectlError('unreachable', 'refused')
    const back = cluster([at([running], 'Pending'), away, away, done], { 'fetch-recipe': [{ text: stamped([1, 'a']) }] })
    expect(texts(await all(follow(back.kubectl, { container: 'fetch-recipe' })))).toEqual(['fetch-recipe | a'])
    const lost = cluster([at([running], 'Pending'), away], {})
    await expect(all(follow(lost.kubectl, { tries: 3 }))).rejects.toThrow('refused')
    expect(lost.calls.length).toBe(4)
    await expect(all(follow(cluster([away], {}).kubectl))).rejects.toThrow('refused')
  })

  test('what the cluster refuses is not asked for without end', async () => {
    const notices: string[] = []
    const refused = { text: '', fault: kubectlErrorOf(1, 'Error from server: Get "https://10.1.1.1:10250/containerLogs": remote error') }
    const { kubectl, logs } = cluster([at([running], 'Pending')], { 'fetch-recipe': [refused] })
    expect(await all(follow(kubectl, { container: 'fetch-recipe', notice: (text) => notices.push(text) }))).toEqual([])
    expect(logs().length).toBe(3)
    expect(notices.at(-1)).toMatch(/^fetch-recipe: no more logs: /)
  })

  test('end with their signal, for its reason', async () => {
    const stop = new AbortController()
    const { kubectl } = cluster([at([running], 'Pending')], { 'fetch-recipe': [{ text: stamped([1, 'a']), open: true }] })
    const reading = (async () => {
      for await (const _ of follow(kubectl, { signal: stop.signal })) stop.abort(new Error('enough'))
    })()
    await expect(reading).rejects.toThrow('enough')
  })

  test('a job without a pod, that has ended', async () => {
    await expect(all(follow(cluster([undefined], {}).kubectl, { jobEnded: async () => true }))).rejects.toMatchObject({ kind: 'not found' })
  })
})

describe('through a program', () => {
  let one: StandIn
  afterEach(() => one.remove())

  const serve = (script: string, look: Pod): Kubectl => {
    one = standInKubectl(`[ "$1" = get ] && exec cat $DIR/pods\n${script}`)
    writeFileSync(join(one.folder, 'pods'), list(look))
    return createKubectl(one.env)
  }

  test('all containers in order, from one call each', async () => {
    const kubectl = serve(`for n in 1 2 3; do echo "${time(1)} $C $n"; done; printf "${time(2)} end"`, done)
    const lines = texts(await all(follow(kubectl)))
    const of = (name: string) => [...[1, 2, 3].map((n) => `${name} | ${name} ${n}`), `${name} | end`]
    expect(lines.slice(0, 8)).toEqual([...of('fetch-recipe'), ...of('build-image')])
    expect(lines.slice(8).toSorted()).toEqual([...of('buildenv-sidecar'), ...of('sshd')].toSorted())
  })

  test('a call that breaks, and one that is killed', async () => {
    const kubectl = serve(
      `n=$(cat $DIR/n 2>/dev/null || echo 0); echo $((n + 1)) >$DIR/n
      echo "${time(1)} a"; [ $n = 0 ] && { echo "error: unexpected EOF" >&2; exit 1; }
      echo "${time(2)} b"; [ $n = 1 ] && kill -9 $$
      echo "${time(3)} c"`,
      done,
    )
    expect((await all(follow(kubectl, { container: 'sshd' }))).map(({ line }) => line)).toEqual(['a', 'b', 'c'])
  })

  test('the end of the container that failed, errors first', async () => {
    const kubectl = serve(
      `[ $C = buildenv-sidecar ] && exec echo "Not running user shell for failed create action"; echo "ERROR: early"; for n in $(seq 300); do echo "$C $n"; done; echo "ERROR: package cos-libs not found"`,
      done,
    )
    const log = await tailOfFailed(kubectl, { ...job, job_type: 'create', status: 'error' }, done, 200)
    expect(log.container).toBe('build-image')
    expect([log.lines.length, log.lines[0], log.lines.at(-1)]).toEqual([200, 'build-image 102', 'ERROR: package cos-libs not found'])
    expect(log.errors).toEqual(['ERROR: early', 'ERROR: package cos-libs not found'])
    expect(one.calls().length).toBe(2)
  })

  test('packaging that failed after a good build', async () => {
    const kubectl = serve('[ "$C" = buildenv-sidecar ] && echo "ERROR: no space"; echo "$C"', done)
    const failed = { ...job, job_type: 'create', status: 'error' }
    expect(await tailOfFailed(kubectl, failed, done)).toMatchObject({
      container: 'buildenv-sidecar',
      lines: ['ERROR: no space', 'buildenv-sidecar'],
      errors: ['ERROR: no space'],
    })
    expect((await tailOfFailed(kubectl, { ...failed, status: 'waiting_on_user' }, done)).container).toBe('build-image')
  })

  test('a log without a line', async () => {
    expect(await tailOfFailed(serve(':', done), { ...job, job_type: 'customize', status: 'error' }, done)).toMatchObject({
      container: 'buildenv-sidecar',
      lines: [],
      errors: [],
      hints: [],
    })
  })
})

test.each([
  [time(1), time(2), -1],
  [time(2), time(1), 1],
  [time(1, '5'), time(1, '500000000'), 0],
  [time(1, '000000001'), time(1, '000000002'), -1],
  ['2026-01-02T05:04:01.5+02:00', time(1, '5'), 0],
  ['2026-01-02T03:04:01Z', time(1, '000000001'), -1],
])('%s and %s: %i', (one, other, order) => {
  expect(compareTimes(one, other)).toBe(order)
})

test('a bookmark begins anywhere', () => {
  const bookmark = createBookmark()
  expect(bookmark.since()).toBeUndefined()
  expect(bookmark.again()({ time: time(5), line: 'a' })).toBe(true)
  const isNew = bookmark.again()
  expect([4, 5, 5, 6, 6].map((second) => isNew({ time: time(second), line: 'x' }))).toEqual([false, false, true, true, true])
  expect(isNew({ time: undefined, line: 'x' })).toBe(true)
  expect(bookmark.since()).toBe(`--since-time=${time(6)}`)
})

test('sources that are merged come as they are ready; an error of one is an error of all', async () => {
  async function* count(name: string, to: number, fails?: boolean) {
    for (let n = 1; n <= to; n++) {
      await new Promise(setImmediate)
      yield `${name}${n}`
    }
    if (fails) throw new Error('broke')
  }
  expect(await all(merge([count('a', 3), count('b', 3)]))).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
  await expect(all(merge([count('a', 1, true), count('b', 1000)]))).rejects.toThrow('broke')
  expect(await all(merge([]))).toEqual([])
})
