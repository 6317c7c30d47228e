import { request as requestHttp } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate, type SecureContext } from 'node:tls'
import { toTransportError } from './transport-error.ts'
import type { Proxy } from './proxy.ts'
import { underTrust, type Trust } from './trust.ts'
import { unlogged } from './unlogged.ts'

/** How DER names signatures with SHA-1, by RSA and by ECDSA. */
const overSha1 = ['06092a864886f70d010105', '06072a8648ce3d0401'].map((name) => Buffer.from(name, 'hex'))

/** What a person needs to know of a certificate. */
export interface Certificate {
  subject: string
  issuer: string
  /** Names and addresses that it is for. */
  names: string[]
  validFrom: Date
  validTo: Date
  selfSigned: boolean
  /** It is signed with SHA-1, so that it can be forged. */
  forgeable: boolean
  /** It is for the host that was asked for; of a server's own certificate alone. */
  fits?: boolean
}

/** The way to a server. */
export interface Way {
  /** Longest time, in milliseconds. */
  timeout: number
  /** Whom to trust as a proxy over TLS. */
  trust: Trust
  proxy?: Proxy
}

/**
 * The certificates that a server presents, its own first; none where that can't be learnt. It takes a handshake of
 * its own, unverified, over which nothing is sent: only for telling why a verified one failed.
 */
export async function presentedCertificates(url: URL, { timeout, trust, proxy }: Way): Promise<Certificate[]> {
  const socket = proxy ? await tunnel(url, timeout, proxy, trust).catch(() => undefined) : undefined
  if (proxy && !socket) return []
  const host = bare(url)
  return new Promise((resolve) => {
    const server = { host, port: Number(url.port || 443), servername: isIP(host) ? '' : host }
    const probe = connect({ ...server, ...(socket ? { socket } : {}), rejectUnauthorized: false })
    const finish = (found: Certificate[]) => {
      clearTimeout(timer)
      resolve(found)
      probe.destroy()
      socket?.destroy()
    }
    const timer = setTimeout(() => finish([]), timeout)
    probe.on('error', () => finish([]))
    probe.on('close', () => finish([]))
    probe.on('secureConnect', () => {
      try {
        finish(chain(probe.getPeerCertificate(true), host))
      } catch {
        // Names that are no names.
        finish([])
      }
    })
  })
}

const bare = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

// The proxy gets its password, so that one over TLS is verified.
function tunnel(url: URL, timeout: number, proxy: Proxy, trust: Trust): Promise<Socket> {
  return proxy.url.protocol === 'https:'
    ? underTrust(trust, ({ context }) => openTunnel(url, timeout, proxy, context))
    : openTunnel(url, timeout, proxy)
}

function openTunnel(url: URL, timeout: number, proxy: Proxy, secureContext?: SecureContext): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = `${url.hostname}:${url.port || 443}`
    const headers = unlogged({ Host: target, ...(proxy.authorization ? { 'Proxy-Authorization': proxy.authorization } : {}) })
    const options: RequestOptions & { secureContext?: SecureContext } = {
      method: 'CONNECT',
      path: target,
      headers,
      agent: false,
      secureContext,
    }
    const request = (secureContext ? requestHttps : requestHttp)(proxy.url, options)
    const fail = (error: unknown) => {
      clearTimeout(timer)
      reject(toTransportError(error, 'connecting', true))
      request.destroy()
    }
    const timer = setTimeout(() => fail(new Error('timed out')), timeout)
    request.on('error', fail)
    request.on('close', () => fail(new Error('closed')))
    request.on('connect', (response, socket) => {
      if (response.statusCode !== 200) return fail(new Error('refused'))
      clearTimeout(timer)
      resolve(socket as Socket)
    })
    request.end()
  })
}

function chain(own: DetailedPeerCertificate, host: string): Certificate[] {
  const found: Certificate[] = []
  const seen = new Set<string>()
  for (
    let next: DetailedPeerCertificate | undefined = own;
    next?.fingerprint256 && !seen.has(next.fingerprint256);
    next = next.issuerCertificate
  ) {
    seen.add(next.fingerprint256)
    found.push({
      subject: name(next.subject),
      issuer: name(next.issuer),
      names: (next.subjectaltname ?? '')
        .split(/,\s*/)
        .map((each) => each.replace(/^(DNS|IP Address):/, ''))
        .filter(Boolean),
      validFrom: new Date(next.valid_from),
      validTo: new Date(next.valid_to),
      selfSigned: JSON.stringify(next.subject) === JSON.stringify(next.issuer),
      forgeable: overSha1.some((name) => next!.raw.includes(name)),
      ...(next === own && { fits: checkServerIdentity(host, own) === undefined }),
    })
  }
  return found
}

function name(of: DetailedPeerCertificate['subject'] | undefined): string {
  const text = of?.CN ?? of?.O ?? of?.OU ?? ''
  return [text].flat().join(' ')
}
