/** A certificate authority of the mock's own, and a certificate for loopback that it signed. PEM texts. */
export interface Certificates {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

const day = 24 * 60 * 60 * 1000

/**
 * New certificates: EC keys, for localhost, 127.0.0.1 and ::1. The authority's key is forgotten at once.
 *
 * @param names more names that they are for
 */
export async function makeCertificates(names: readonly string[] = []): Promise<Certificates> {
  const { generate } = await import('selfsigned')
  const settings = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + 365 * day),
  } as const
  const authority = await generate([{ name: 'commonName', value: 'cray-ims mock CA' }], {
    ...settings,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...settings,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...['localhost', ...names].map((value) => ({ type: 2, value }) as const),
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { ca: authority.cert, certificate: leaf.cert, key: leaf.private }
}
