import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** A certificate and its key, as PEM. */
export interface Pair {
  cert: string
  key: string
}

const day = 24 * 60 * 60 * 1000

/** A CA: its own, or one that another has certified. */
export async function makeCa(name: string, of: { ca?: Pair; algorithm?: 'sha1' } = {}): Promise<Pair> {
  return make(name, {
    ...of,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
}

/** A server's certificate: of a CA, or self-signed; for 127.0.0.1 and localhost unless it is for another name. */
export async function makeServerCertificate(of: {
  ca?: Pair
  name?: string
  /** It is valid for two days from so many days from now on, rather than for a year from now. */
  from?: number
  algorithm?: 'sha1'
  onlyForClients?: boolean
}): Promise<Pair> {
  const now = Date.now()
  return make(of.name ?? 'ims server', {
    ...(of.ca ? { ca: of.ca } : {}),
    ...(of.algorithm ? { algorithm: of.algorithm } : {}),
    ...(of.from === undefined ? {} : { notBeforeDate: new Date(now + of.from * day), notAfterDate: new Date(now + (of.from + 2) * day) }),
    extensions: [
      ...(of.onlyForClients ? [{ name: 'extKeyUsage' as const, clientAuth: true }] : []),
      {
        name: 'subjectAltName',
        altNames: of.name
          ? [{ type: 2, value: of.name }]
          : [
              { type: 2, value: 'localhost' },
              { type: 7, ip: '127.0.0.1' },
            ],
      },
    ],
  })
}

/** A self-signed certificate in a file, as a user would name it. */
export async function selfSigned(folder: string): Promise<Pair & { file: string }> {
  const pair = await makeServerCertificate({})
  const file = join(folder, 'cert.pem')
  writeFileSync(file, pair.cert)
  return { ...pair, file }
}

async function make(name: string, options: Parameters<typeof generate>[1]): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256', ...options })
  return { cert: made.cert, key: made.private }
}
