import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { createTransport } from '../../src/http/http-client.ts'
import { sleep } from '../../src/time/timer.ts'
import { createMock } from '../../src/mock/library.ts'
import { serveMock } from '../../src/mock/serve.ts'
import { createClient } from '../../src/s3/client.ts'
import { serviceCredentials, type Credentials } from '../../src/s3/credentials.ts'
import { connect } from '../../src/ims/api.ts'
import { hasRadosGateway, startRadosGateway } from './rados-gateway.ts'

/** An S3 that a suite runs against, with both buckets. */
export interface TestStore {
  credentials: Credentials
  close(): Promise<void>
}

/** A transport that gives up soon, and goes through no proxy. */
export const directTransport = () => createTransport({ env: {}, keepAlive: true, connectTimeout: 10, requestTimeout: 30 })

/** The S3 of the mock. */
export async function startMockStore({
  faults = [] as string[],
  credentialsLast = undefined as number | undefined,
} = {}): Promise<TestStore> {
  const mock = createMock({ faults, credentialsLast })
  const server = await serveMock(mock)
  const api = connect({ hostname: server.url, env: {} })
  const credentials = await serviceCredentials(api, { now: Date.now, sleep })
  return {
    credentials,
    close: async () => {
      await server.close()
      mock.close()
    },
  }
}

/** The S3 of these systems. */
export async function startGatewayStore(): Promise<TestStore> {
  const gateway = await startRadosGateway()
  const credentials = { endpoint: gateway.endpoint, keys: async () => gateway.keys, inWords: () => 'those of the test' }
  const http = directTransport()
  const client = createClient(http, credentials)
  for (const Bucket of ['ims', 'boot-images']) await client.send(new CreateBucketCommand({ Bucket }))
  await http.close()
  return { credentials, close: gateway.close }
}

/** In CI the gateway has to be there; elsewhere its suite says that it is skipped. */
export const withoutGateway = !hasRadosGateway && !process.env.CI
