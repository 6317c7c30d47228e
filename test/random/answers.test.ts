import { expect, test } from 'vitest'
import { readClientSecret } from '../../src/kubernetes/client-secret.ts'
import { diagnose, diagnosisText } from '../../src/kubernetes/diagnosis.ts'
import { failedContainers } from '../../src/kubernetes/failed-container.ts'
import { findEvents, findPod } from '../../src/kubernetes/find-pods.ts'
import { readHostKeys } from '../../src/kubernetes/host-keys.ts'
import { explainKubectlError, kubectlErrorOf } from '../../src/kubernetes/kubectl-error.ts'
import type { Kubectl } from '../../src/kubernetes/kubectl.ts'
import { refreshToken, requestToken, type Credentials, type TokenServer } from '../../src/ims/oauth.ts'
import { CliError } from '../../src/errors.ts'
import { readJson } from '../../src/json/read.ts'
import { serviceCredentials } from '../../src/s3/credentials.ts'
import { acceptable } from '../support/acceptable.ts'
import { ended, job, list, pod, running } from '../support/pods.ts'
import { testRandomly } from '../support/random-test.ts'

const now = () => Date.parse('2026-01-02T03:04:05Z')

/** A token server that gives one answer. */
const answering = (body: Buffer, status: number): TokenServer => ({
  hostname: 'https://api.local',
  now,
  transport: async () => ({ status, reason: 'R', headers: {}, body }),
})

const users: readonly Credentials[] = [
  { username: 'jane', password: 'p' },
  { clientId: 'c', clientSecret: 's' },
]
const token = { access_token: 'eyJ.a.b-_', refresh_token: 'r', token_type: 'Bearer', expires_in: 300, scope: 'a b' }
const refusal = { error: 'invalid_grant', error_description: 'Invalid user credentials' }

/** A kubectl that prints one text. */
const printing = (text: string): Kubectl => ({
  read: async () => text,
  follow() {
    throw new Error('nothing is followed here')
  },
})

const events = JSON.stringify({
  items: [{ type: 'Warning', reason: 'FailedScheduling', message: 'no room', lastTimestamp: '2026-01-02T03:04:05Z' }],
})
const pods = list(
  pod({
    'fetch-recipe': ended(0),
    'build-image': ended(1, 'OOMKilled'),
    'buildenv-sidecar': running,
    sshd: { waiting: { reason: 'ErrImagePull' } },
  }),
  pod({ sshd: running }, { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] }),
)

async function diagnosed(text: string): Promise<void> {
  const found = await findPod(printing(text), job)
  const why = diagnose(found, await findEvents(printing(text), job, found))
  if (why) expect(diagnosisText(why)).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/)
  if (found) failedContainers(found, { job_type: 'create', status: 'error' })
}

const secret = JSON.stringify({ data: { 'client-id': 'YWRtaW4=', 'client-secret': 'c2VjcmV0' } })
const stderr = 'E0312 10:11:12.123456 1 memcache.go:1] x\nW: y\nError from server (Forbidden): pods is forbidden: User "x"\n'
const credentials = JSON.stringify({
  Credentials: {
    EndpointURL: 'https://s3.local',
    AccessKeyId: 'a',
    SecretAccessKey: 'b',
    SessionToken: 'c',
    Expiration: '2026-01-02T04:04:05Z',
  },
})

/** What others answer, as it should look, and what reads it. */
const texts: readonly (readonly [string, string, (text: string) => unknown])[] = [
  ['pods that kubectl prints', pods, diagnosed],
  ['events that kubectl prints', events, diagnosed],
  ['a secret that kubectl prints', secret, (text) => readClientSecret(printing(text))],
  [
    'host keys that a container has',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 x\n',
    (text) => readHostKeys(printing(text), { namespace: 'ims', pod: 'p' }),
  ],
  [
    'what kubectl fails with',
    stderr,
    (text) => expect(explainKubectlError(kubectlErrorOf(1, text), 'no logs', 'ims')).toBeInstanceOf(CliError),
  ],
  [
    "the gateway's credentials of its S3",
    credentials,
    async (text) => {
      const given = await serviceCredentials({ send: async () => readJson(text) }, { now, sleep: async () => {} })
      return [given.inWords(), await given.keys()]
    },
  ],
]

for (const [name, sound, read] of texts) {
  test(`${name}, as it should be`, () => acceptable(sound, () => read(sound)))
  testRandomly(name, { all: 20_000, nth: 100 }, ({ spoiled }) => {
    const text = spoiled(sound)
    return acceptable(text, () => read(text))
  })
}

testRandomly('what a token server answers', { all: 40_000, nth: 100 }, async ({ below, pick, spoiled, spoiledBytes }) => {
  const sound = JSON.stringify(pick<object>([token, refusal]))
  const body = below(3) === 0 ? spoiledBytes(Buffer.from(sound)) : Buffer.from(spoiled(sound))
  const server = answering(body, pick([200, 400, 401, 500]))
  await acceptable(body.toString(), async () => {
    const kept = await requestToken(server, pick(users))
    expect(kept.access_token).toMatch(/^[\x21-\x7e]+$/)
    expect(Number.isFinite(kept.expires_at ?? 0)).toBe(true)
  })
  await acceptable(body.toString(), () => refreshToken(server, { ...token }, (why) => new CliError(why)))
})
