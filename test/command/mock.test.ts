import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idOf, seedOf } from '../support/job-seed.ts'
import { startMock } from '../support/mock.ts'
import { answers, until } from '../support/mock-shells.ts'
import { program, run } from '../support/program.ts'
import { makeKey } from '../support/sshd.ts'
import { describeWithTmux, openTerminal } from '../support/tmux.ts'

const has = (name: string, ...argv: string[]) => spawnSync(name, argv).status === 0
const kubectl = has('kubectl', 'version', '--client') || process.env.CI
const curl = has('curl', '--version') || process.env.CI

let folder: string
let seed: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-program-'))
  const { publicKey } = makeKey(join(folder, 'id'))
  seed = join(folder, 'seed.json')
  writeFileSync(seed, JSON.stringify(seedOf([{ id: idOf('aaaa0001'), type: 'customize', status: 'waiting_on_user' }], publicKey)))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A TMPDIR of its own, to see what is left there. */
const emptyFolder = () => mkdtempSync(join(folder, 'tmp-'))
const environment = (more: Record<string, string> = {}) => ({ PATH: process.env.PATH!, HOME: folder, LANG: 'C.UTF-8', ...more })
const ims = `${process.execPath} ${program}`

describe.concurrent.each([
  ['plain HTTP', []],
  ['TLS', ['--tls']],
] as const)('what asks a mock as it is told to, over %s', (_, tls) => {
  const inMock = (line: string) => run(['mock', ...tls, '--', 'sh', '-c', line], { cwd: folder, env: environment() })

  test('cray-ims, in a COMMAND', async () => {
    expect(
      await inMock(`${ims} recipes list --query 'length(@)' && ${ims} public-keys create --name k --public-key id.pub --query name`),
    ).toEqual({ exit: 0, stdout: '4\nk\n', stderr: '' })
  })

  test.skipIf(!kubectl)('kubectl, in a COMMAND', async () => {
    expect(await inMock('kubectl get pods -n ims && kubectl get namespace ims -o name')).toMatchObject({
      exit: 0,
      stdout: 'namespace/ims\n',
    })
    expect((await inMock(`${ims} doctor --query "[?check=='kubectl'].said | [0]"`)).stdout).toBe(
      'reads pods, logs and events of namespace ims, and forwards ports\n',
    )
    const stranger = await inMock("sed -i 's#mock:[0-9a-f]*@##; s/token: .*/token: other/' $KUBECONFIG; kubectl get pods -n ims")
    expect(stranger).toMatchObject({ exit: 1, stdout: '' })
    expect(stranger.stderr).toMatch(/must be logged in|Unauthorized|provide credentials/)
  })

  test.skipIf(!curl)('curl, with what is printed', async () => {
    const mock = await startMock([...tls])
    try {
      const asked = (...argv: string[]) =>
        run(['--silent', '--write-out', ' %{http_code}', ...argv], { cwd: folder, env: environment(), command: ['curl'] })
      expect(await asked('--config', mock.curlConfig, `${mock.url}/apis/ims/v3/public-keys`)).toMatchObject({ exit: 0, stdout: '[]\n 200' })
      const key = '{"name": "k", "public_key": "x"}'
      const offering = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: h2c', '-H', 'Content-Type: application/json', '-d', key]
      expect(await asked('--config', mock.curlConfig, ...offering, `${mock.url}/apis/ims/public-keys`)).toMatchObject({
        exit: 0,
        stdout: expect.stringMatching(/"name": "k".* 201$/s),
      })
      expect(await asked('--config', mock.curlConfig, `${mock.url}/api/v1/pods`)).toMatchObject({
        exit: 0,
        stdout: expect.stringContaining('"PodList"'),
      })
      expect(await asked('--insecure', `${mock.url}/apis/ims/v3/public-keys`)).toMatchObject({ exit: 0, stdout: 'Jwt is missing 401' })
    } finally {
      await mock.stop()
    }
  })
})

test
  .skipIf(!kubectl || !curl)
  .concurrent('a curl wrapper gets its token as root on a node does, and uses every version of the API', async () => {
    const wrapper = [
      'set -e; . "$CRAY_CONFIG_DIR/url"',
      'secret=$(kubectl get secrets admin-client-auth -o jsonpath="{.data.client-secret}" | base64 -d)',
      'ask() { curl -sf --cacert "$CRAY_IMS_CA_FILE" "$@"; }',
      `TOKEN=$(ask -d grant_type=client_credentials -d client_id=admin-client -d "client_secret=$secret" "$URL/keycloak/realms/shasta/protocol/openid-connect/token" | sed 's/.*"access_token": "//; s/".*//')`,
      'ims() { ask -H "Authorization: Bearer $TOKEN" "$@"; }',
      'ims "$URL/apis/ims/healthz/live"',
      `ims -X POST -H 'Content-Type: application/json' -d '{"name": "n"}' "$URL/apis/ims/images" | grep -o '"name": "n"'`,
      'ims -X DELETE "$URL/apis/ims/v2/images"; ims "$URL/apis/ims/v3/images"; ims "$URL/apis/ims/v3/deleted/images"',
      `ims -X DELETE "$URL/apis/ims/v3/recipes"; ims -X PATCH -H 'Content-Type: application/json' -d '{"operation": "undelete"}' "$URL/apis/ims/v3/deleted/recipes"; ims "$URL/apis/ims/recipes" | grep -o '"id"' | wc -l`,
    ]
    // Its configuration has the address; a wrapper of a real system would have it fixed.
    const address = `sed -n 's/^hostname = /URL=/p' "$CRAY_CONFIG_DIR/.config/cray/configurations/default" > "$CRAY_CONFIG_DIR/url"`
    const done = await run(['mock', '--tls', '--', 'sh', '-c', `${address}\n${wrapper.join('\n')}`], { cwd: folder, env: environment() })
    expect(done).toEqual({ exit: 0, stdout: '{}\n"name": "n"\n[]\n[]\n4\n', stderr: '' })
  })

const ssh = spawnSync('ssh', ['-V']).status === 0 || process.env.CI

test.skipIf(!kubectl || !ssh).concurrent('kubectl enters the container of a shell, and forwards a port to it', async () => {
  writeFileSync(join(folder, 'large'), Buffer.alloc(2_000_000, 'a line of text that is long\n'))
  const script = [
    'pod=$(kubectl -n ims get pods -o name); in="kubectl -n ims exec -i $pod -c sshd --"',
    `$in sh -c 'cat /etc/ssh/ssh_host_*_key.pub' | cut -d' ' -f1`,
    'echo there and back | $in cat',
    '$in cat < large | cmp - large && echo same',
    `$in sh -c 'echo wrong >&2; exit 7' 2>&1; echo $?`,
    ': > forward; kubectl -n ims port-forward $pod :22 > forward 2>&1 & forward=$!',
    'until port=$(sed -n "s/^Forwarding from 127.0.0.1:\\([0-9]*\\).*/\\1/p" forward) && [ "$port" ]; do kill -0 $forward || break; done',
    'over="ssh -F none -q -i id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p $port root@127.0.0.1"',
    '$over cat < large | cmp - large && echo same',
    '$over "echo once more; exit 5"; echo $?',
    'kill $forward',
  ]
  const done = await run(['mock', '--tls', '--seed', seed, '--', 'bash', '-c', script.join('\n')], { cwd: folder, env: environment() })
  const shown = [
    'ecdsa-sha2-nistp256',
    'ssh-ed25519',
    'there and back',
    'same',
    'wrong',
    'command terminated with exit code 7',
    '7',
    'same',
    'once more',
    '5',
    '',
  ]
  expect({ ...done, stdout: done.stdout.split('\n') }).toEqual({ exit: 0, stdout: shown, stderr: '' })
})

test.skipIf(!curl).concurrent('--server-name: is asked by the name of a system', async () => {
  const mock = await startMock(['--tls', '--server-name', 'API-gw-service-nmn.local'])
  try {
    const { port } = new URL(mock.url)
    const asked = (name: string, ...argv: string[]) =>
      run(
        [
          '--silent',
          '--write-out',
          ' %{http_code}',
          '--config',
          mock.curlConfig,
          '--connect-to',
          `::127.0.0.1:${port}`,
          ...argv,
          `https://${name}/apis/ims/public-keys`,
        ],
        { cwd: folder, env: environment(), command: ['curl'] },
      )
    expect(await asked('api-gw-service-nmn.local')).toMatchObject({ exit: 0, stdout: '[]\n 200' })
    // Neither is the certificate for another, nor would one be answered.
    expect(await asked('api-gw-service.local')).toMatchObject({ exit: 60 })
    expect(await asked('api-gw-service.local', '--insecure')).toMatchObject({ exit: 0, stdout: expect.stringMatching(/ 421$/) })
  } finally {
    await mock.stop()
  }
  expect(await run(['mock', '--server-name', 'a b'], { cwd: folder, env: environment() })).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining('is not a host name'),
  })
})

test.concurrent('--serial lets a request wait for the one before', async () => {
  const mock = await startMock(['--serial', '--fault', 'GET /recipes delay=300ms'])
  const answered: string[] = []
  const ask = (path: string, sent = () => {}) =>
    new Promise<void>((done, fail) => {
      const request = http.get(`${mock.url}/apis/ims/v3/${path}`, { headers: { Authorization: `Bearer ${mock.token}` } }, (response) => {
        answered.push(path)
        response.resume().on('end', done)
      })
      request.on('error', fail).on('finish', sent)
    })
  let first: Promise<void> | undefined
  await new Promise<void>((sent) => (first = ask('recipes', sent)))
  // One more exchange, so that the first request is there.
  await mock.fetch('/')
  await Promise.all([first, ask('images')])
  await mock.stop()
  expect(answered).toEqual(['recipes', 'images'])
})

test.concurrent('a login takes the token as password, and no other', async () => {
  const mock = await startMock(['--tls'])
  const env = environment({ CRAY_CONFIG_DIR: mock.configDir })
  const login = (stdin: string) => run(['auth', 'login', '--username', 'jane'], { cwd: folder, env, stdin })
  try {
    expect(await login('guess\n')).toMatchObject({ exit: 2, stderr: expect.stringContaining('Invalid Credentials') })
    expect(await login(`${mock.token}\n`)).toMatchObject({ exit: 0, stdout: 'Success!\n\n' })
    const kept = join(
      mock.configDir,
      '.config/cray/tokens',
      readdirSync(join(mock.configDir, '.config/cray/tokens')).find((name) => name.endsWith('.jane'))!,
    )
    const { access_token: token, ...rest } = JSON.parse(readFileSync(kept, 'utf8')) as { access_token: string }
    expect(token).not.toBe(mock.token)
    writeFileSync(kept, JSON.stringify({ access_token: token, ...rest, expires_at: 1 }))
    expect(await run(['recipes', 'list', '--query', 'length(@)'], { cwd: folder, env })).toEqual({ exit: 0, stdout: '4\n', stderr: '' })
    expect(readFileSync(kept, 'utf8')).not.toContain(token)
  } finally {
    await mock.stop()
  }
})

const sshPort = async (mock: { fetch(path: string): Promise<Response> }): Promise<number> => {
  const [job] = (await (await mock.fetch('/apis/ims/v3/jobs')).json()) as [
    { ssh_containers: [{ connection_info: { customer_access: { port: number } } }] },
  ]
  return job.ssh_containers[0].connection_info.customer_access.port
}

describe('nothing is left', () => {
  test.concurrent.each(['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGKILL'] as const)('when a mock with an open shell ends by %s', async (signal) => {
    const TMPDIR = emptyFolder()
    const mock = await startMock(['--seed', seed], { TMPDIR })
    try {
      const port = await sshPort(mock)
      await until(() => answers(port))
      expect(
        readdirSync(TMPDIR)
          .map((name) => name.replace(/\w{6}$/, ''))
          .sort(),
      ).toEqual(['cray-ims-mock-', 'cray-ims-shell-'])
      process.kill(mock.pid, signal)
      await until(() => readdirSync(TMPDIR).length === 0)
    } finally {
      await mock.stop()
    }
  })

  test.concurrent('when it hangs up around a command, which is told, too', async () => {
    const TMPDIR = emptyFolder()
    const child = spawn(
      process.execPath,
      [program, 'mock', '--', 'sh', '-c', "trap 'echo told; exit 9' HUP; echo started; while :; do sleep 0.1; done"],
      { env: environment({ TMPDIR }), stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
    const ended = new Promise((done) => child.once('close', done))
    await until(() => text === 'started\n')
    child.kill('SIGHUP')
    expect([await ended, text, readdirSync(TMPDIR)]).toEqual([9, 'started\ntold\n', []])
  })

  describeWithTmux('in a terminal', () => {
    test.each(['', ' -- sh -c "echo ready; sleep 98764; :"'])('that is closed: mock%s', async (command) => {
      const TMPDIR = emptyFolder()
      const terminal = await openTerminal({ cwd: folder })
      try {
        terminal.type(`TMPDIR=${TMPDIR} ${ims} mock --seed ${seed}${command}`, 'Enter')
        await terminal.shows(command ? /^ready$/m : /"configDir"/)
        expect(readdirSync(TMPDIR)).not.toEqual([])
      } finally {
        terminal.close()
      }
      await until(() => readdirSync(TMPDIR).length === 0)
    })
  })
})

const another = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
describe.runIf(process.getuid?.() === 0 && has(another[0]!, ...another.slice(1), 'true')).concurrent('another user of the machine', () => {
  test.each([
    ['plain HTTP', []],
    ['TLS', ['--tls']],
  ] as const)('comes as far as the ports, and no further: %s', async (_, tls) => {
    const TMPDIR = emptyFolder()
    // As /tmp is: anybody may make files there, and take away only their own.
    for (const path of [folder, TMPDIR]) chmodSync(path, path === TMPDIR ? 0o1777 : 0o755)
    const mock = await startMock([...tls, '--seed', seed], { TMPDIR })
    try {
      const as = (line: string) =>
        run(['sh', '-c', line], {
          cwd: '/',
          env: { PATH: process.env.PATH!, HOME: '/nonexistent', KUBECACHEDIR: '/nonexistent' },
          command: another,
        })
      const { port } = new URL(mock.url)
      await until(() => readdirSync(TMPDIR).length === 2)
      for (const name of readdirSync(TMPDIR)) {
        expect(await as(`ls ${join(TMPDIR, name)}`)).toMatchObject({ exit: 2, stdout: '' })
        expect(
          (await as(`mv ${join(TMPDIR, name)} ${join(TMPDIR, 'moved')} || rm -rf ${join(TMPDIR, name)} || rmdir ${join(TMPDIR, name)}`))
            .exit,
        ).not.toBe(0)
      }
      for (const path of [mock.tokenFile, mock.kubeconfig, mock.curlConfig, join(mock.configDir, '.config/cray/configurations/default')])
        expect((await as(`cat ${path}`)).stdout).toBe('')
      // Neither command lines nor environments have the token.
      expect(
        (await as(`cat /proc/${mock.pid}/cmdline /proc/${mock.pid}/environ | tr '\\0' '\\n'; ps axww -o args; ps axeww`)).stdout,
      ).not.toContain(mock.token)

      const curl = 'curl --silent --insecure --max-time 10'
      for (const path of ['/apis/ims/v3/jobs', '/apis/ims/v3/public-keys', '/api/v1/pods', '/version'])
        expect((await as(`${curl} -o /dev/null -w '%{http_code}' ${mock.url}${path}`)).stdout).toBe('401')
      const form = (fields: string) =>
        `${curl} -w '%{http_code}' ${mock.url}/keycloak/realms/shasta/protocol/openid-connect/token -d '${fields}'`
      expect((await as(form('grant_type=password&client_id=shasta&username=jane&password=x'))).stdout).toMatch(/invalid_grant.*401$/)
      expect((await as(form('grant_type=client_credentials&client_id=admin-client&client_secret=x'))).stdout).toMatch(
        /unauthorized_client.*401$/,
      )
      expect((await as(form('grant_type=refresh_token&client_id=shasta&refresh_token=x'))).stdout).toMatch(/invalid_grant.*400$/)
      expect(
        (
          await as(
            `${curl} -X POST -H 'Content-Type: application/json' -d '{"name":"mine","public_key":"ssh-ed25519 AAAA"}' -o /dev/null -w '%{http_code}' ${mock.url}/apis/ims/v3/public-keys`,
          )
        ).stdout,
      ).toBe('401')
      expect(
        (await as(`${curl} -o /dev/null -w '%{http_code}' -H 'Host: attacker.example:${port}' ${mock.url}/apis/ims/v3/jobs`)).stdout,
      ).toBe('421')

      if (tls.length === 0) {
        const shell = await sshPort(mock)
        await until(() => answers(shell))
        const tried = await as(
          `ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p ${shell} root@127.0.0.1 id`,
        )
        expect(tried).toMatchObject({ exit: 255, stdout: '', stderr: expect.stringContaining('Permission denied (publickey)') })
      }
    } finally {
      await mock.stop()
    }
    expect(readdirSync(TMPDIR)).toEqual([])
  })

  test('can’t have the ready file written where it likes', async () => {
    const shared = emptyFolder()
    for (const path of [folder, shared]) chmodSync(path, path === shared ? 0o1777 : 0o755)
    const precious = join(folder, 'precious')
    writeFileSync(precious, 'precious')
    expect(spawnSync(another[0]!, [...another.slice(1), 'ln', '-s', precious, join(shared, 'ready')]).status).toBe(0)
    const { exit, stdout, stderr } = await run(['mock', '--ready-file', join(shared, 'ready')], { cwd: folder, env: environment() })
    expect([exit, stdout, readFileSync(precious, 'utf8'), lstatSync(join(shared, 'ready')).isSymbolicLink()]).toEqual([
      2,
      '',
      'precious',
      true,
    ])
    expect(stderr).toMatch(/symbolic link in a folder that others can write/)
  })
})

const without = (reason: string, start: readonly string[]) => ({ reason, start, skip: !has(start[0]!, ...start.slice(1), 'true') })
describe.concurrent.each(
  [
    { ...without('that is another user', another), real: true },
    {
      ...without('that sees only some of /proc', [
        'unshare',
        '--mount',
        '--',
        'sh',
        '-c',
        'mount -t tmpfs none /proc/irq && exec "$@"',
        'sh',
      ]),
      real: true,
    },
    { ...without('that is root and has one id', ['unshare', '--user', '--map-root-user', '--']), real: false },
  ].filter(({ skip }) => !skip),
)('the shell of a mock $reason', ({ start, real }) => {
  test(`is ${real ? 'a real one' : 'none but a stand-in'}, of which nothing is left`, async () => {
    const TMPDIR = emptyFolder()
    for (const path of [folder, TMPDIR]) chmodSync(path, path === TMPDIR ? 0o1777 : 0o755)
    const mock = await startMock(['--seed', seed], { TMPDIR, HOME: TMPDIR }, [...start, process.execPath, program])
    try {
      const port = await sshPort(mock)
      await until(() => answers(port))
      const options = [
        '-F',
        '/dev/null',
        '-i',
        join(folder, 'id'),
        ...['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].flatMap((one) => ['-o', one]),
      ]
      const shell = await run(
        [...options, '-p', String(port), 'root@127.0.0.1', 'ls /tmp; id -u; cat /etc/hostname; touch /mnt/image/complete'],
        { cwd: folder, env: environment(), command: ['ssh'] },
      )
      expect(shell.stdout).toBe(real ? '0\n' : '')
      if (!real) expect(shell.stderr).toContain('id: there is no real shell here')
    } finally {
      await mock.stop()
    }
    await until(() => readdirSync(TMPDIR).length === 0)
  })
})

// With a loopback that is down nobody can connect to a port, and so whoever listens there must not be needed.
const apart = ['unshare', '--user', '--map-root-user', '--net', '--']
test.runIf(has(apart[0]!, ...apart.slice(1), 'true')).concurrent('the build listens on no port', async () => {
  const copy = join(emptyFolder(), 'copy')
  for (const name of ['bin', 'dist', 'scripts', 'package.json']) cpSync(join(program, '../..', name), join(copy, name), { recursive: true })
  const caches = () =>
    readdirSync(join(copy, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.cache'))
      .sort()
  const before = caches()
  for (const name of before) rmSync(join(copy, 'dist', name))
  const TMPDIR = emptyFolder()
  expect(
    await run([...apart.slice(1), process.execPath, join(copy, 'scripts/code-cache.mjs')], {
      cwd: copy,
      env: environment({ TMPDIR }),
      command: [apart[0]!],
    }),
  ).toEqual({ exit: 0, stdout: '', stderr: '' })
  expect(caches()).toEqual(before)
  expect(before.length).toBeGreaterThan(3)
  expect(existsSync(TMPDIR) && readdirSync(TMPDIR)).toEqual([])
})
