import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createMock } from '../../src/mock/library.ts'
import { selfSigned } from '../support/certificates.ts'
import { serveHttp } from '../support/loopback.ts'
import { run } from '../support/program.ts'
import { sampledCount } from '../support/sampled.ts'
import { configuredHome } from '../support/configured-home.ts'
import { temporaryFolder } from '../support/sshd.ts'
import { createTokenServer } from '../support/token-server.ts'

const processes = sampledCount(200, 10)

test(`${processes} processes at once that find one token expired: it is renewed once, and nothing is lost`, async () => {
  const { path: folder, remove } = temporaryFolder()
  const pair = await selfSigned(folder)
  const mock = createMock({ seed: { images: [] } })
  const tokens = createTokenServer()
  let refused = 0
  const server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (request.url!.startsWith('/keycloak/')) return void tokens.answer(body, response)
    if (!tokens.admits(request)) {
      refused++
      return void response.writeHead(401).end()
    }
    const call = { method: request.method!, body, headers: { 'Content-Type': 'application/json' } }
    const answer = await mock.handle(new Request(`http://ims${request.url}`, call))
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  }, pair)
  try {
    const tokenFolder = join(folder, 'tokens')
    const { env } = configuredHome(folder, server.url, { CRAY_IMS_CA_FILE: pair.file })
    const file = tokens.write(tokenFolder, { expired: true })
    const names = Array.from({ length: processes }, (_, at) => `image-${at}`)
    const outcomes = await Promise.all(
      names.map((name) =>
        run(['images', 'create', '--name', name, '--token', file, '--query', 'name'], { cwd: folder, env, limit: 600_000 }),
      ),
    )
    expect(outcomes).toEqual(names.map((name) => ({ exit: 0, stdout: `${name}\n`, stderr: '' })))
    expect({ renewed: tokens.renewals(), refused }).toEqual({ renewed: 1, refused: 0 })
    expect([...mock.state.images.values()].map(({ name }) => name).sort()).toEqual(names.toSorted())
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ access_token: 'access-1', refresh_token: 'refresh-1' })
    expect(readdirSync(tokenFolder)).toEqual(['token'])
  } finally {
    await server.close()
    mock.close()
    remove()
  }
}, 900_000)
