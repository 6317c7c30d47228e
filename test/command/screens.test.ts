import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCa } from '../support/certificates.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { run } from '../support/program.ts'
import { temporaryFolder } from '../support/sshd.ts'

// Whole screens of failures that every command can meet. Those of the shells are in debug-refused.test.ts (no key here opens
// the job, no shell will come) and debug-terminal.test.ts (a failed build and its shell), that of a build in
// build-terminal.test.ts.

let mock: RunningMock
let home: ReturnType<typeof temporaryFolder>
beforeAll(async () => {
  mock = await startMock(['--tls'])
  home = temporaryFolder()
  const settings = join(home.path, '.config/cray/configurations')
  mkdirSync(settings, { recursive: true })
  writeFileSync(join(settings, 'default'), `[core]\nhostname = "${mock.url}"\n[auth.login]\nusername = "jane"\n`)
})
afterAll(async () => {
  await mock.stop()
  home.remove()
})

/** What a command line prints, without what differs from run to run. */
async function screenOf(argv: readonly string[], env: Record<string, string> = { CRAY_IMS_CA_FILE: mock.caFile! }): Promise<string> {
  const { exit, stdout, stderr } = await run(argv, { cwd: home.path, env: { PATH: process.env.PATH!, HOME: home.path, ...env } })
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  return stderr
    .replaceAll(home.path, 'HOME')
    .replace(/\d{4}-\d\d-\d\d$/m, 'DATE')
    .replace(/expired (?:\d{4}-\d\d-\d\d )?\d\d:\d\d/, 'expired TIME')
    .replace(/^ {2}(\S.*?) {2,}(?=(?:\d+ CAs?|missing)\b)/gm, '  $1  ')
    .replace(/\d{2,} CAs/g, 'N CAs')
}

const job = ['jobs', 'create', '--job-type', 'create', '--image-root-archive-name', 'test']
const [recipe, key] = ['c93e2f68-17d5-4a6c-b2f0-5b8d7a9e4f03', '11111111-0000-4000-8000-000000000000']

describe('the screen of', () => {
  test('a certificate that is not trusted', async () => {
    const bundle = join(home.path, 'ca-bundle.pem')
    writeFileSync(bundle, (await makeCa('Other CA')).cert)
    const screen = await screenOf(['images', 'list'], { SSL_CERT_FILE: bundle })
    // Where the bundle of a system is, and whether it is there, is the machine's.
    expect(screen.replace(/^ {2}\/(?:etc\/ssl|var\/lib)\/.*\n/gm, '')).toMatchInlineSnapshot(`
      "Error: 127.0.0.1: certificate not trusted
        issuer "cray-ims mock CA", valid to DATE
        HOME/ca-bundle.pem (SSL_CERT_FILE)  1 CA, none fits
        /etc/pki/trust/anchors/platform-ca-certs.crt  missing
        Node's own  N CAs, none fits
      Next: cray-ims config set core ca_file=FILE
      Once, unverified: add --insecure
      "
    `)
  })

  test('a session that is over', async () => {
    const tokens = join(home.path, '.config/cray/tokens')
    const { host } = new URL(mock.url)
    mkdirSync(tokens, { recursive: true, mode: 0o700 })
    const token = { access_token: 'OLD', refresh_token: 'GONE', expires_at: Date.now() / 1000 - 60, client_id: 'shasta' }
    writeFileSync(join(tokens, `${host.replaceAll('.', '_')}.jane`), JSON.stringify(token), { mode: 0o600 })
    expect(await screenOf([...job, '--artifact-id', recipe, '--public-key-id', key])).toMatchInlineSnapshot(`
      "Error: Your session has expired, please run: \`cray auth login\` or pass --token
        jane, expired TIME; refresh refused (invalid_grant)
      Nothing was changed.
      Next: cray-ims auth login
      "
    `)
  })

  test('a field that the server refused', async () => {
    const env = { CRAY_CONFIG_DIR: mock.configDir }
    expect(await screenOf([...job, '--artifact-id', recipe, '--public-key-id', key, '--build-env-size', '0'], env)).toMatchInlineSnapshot(`
      "Error: Unprocessable Entity: Input data was understood, but failed validation. Re-run request with valid input values for the fields indicated in the response.
        --build-env-size 0  build_env_size must be greater than or equal to 1
      HTTP 422 Unprocessable Entity: POST /apis/ims/v3/jobs
      "
    `)
  })
})
