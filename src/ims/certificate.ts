import http from 'node:http'
import { isIP, type Socket } from 'node:net'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import type { Proxy } from './proxy.ts'

/** What a person needs to know of a certificate. */
export interface Certificate {
  subject: string
  issuer: string
  /** Names and addresses that it is for. */
  names: string[]
  validFrom: Date
  validTo: Date
  selfSigned: boolean
}

/**
 * The certificates that a server presents, its own first; none where that can't be learnt. It takes a handshake of
 * its own, unverified, over which nothing is sent: only for telling why a verified one failed.
 */
export async function presentedCertificates(url: URL, timeout: number, proxy?: Proxy): Promise<Certificate[]> {
  const socket = proxy ? await tunnel(url, timeout, proxy).catch(() => undefined) : undefined
  if (proxy && !socket) return []
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    const server = { host, port: Number(url.port || 443), servername: isIP(host) ? '' : host }
    const probe = connect({ ...server, ...(socket ? { socket } : {}), rejectUnauthorized: false })
    const finish = (found: Certificate[]) => {
      resolve(found)
      probe.destroy()
      socket?.destroy()
    }
    probe.setTimeout(timeout, () => finish([]))
    probe.on('error', () => finish([]))
    probe.on('secureConnect', () => finish(chain(probe.getPeerCertificate(true))))
  })
}

function tunnel(url: URL, timeout: number, proxy: Proxy): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = `${url.hostname}:${url.port || 443}`
    const headers = { Host: target, ...(proxy.authorization ? { 'Proxy-Authorization': proxy.authorization } : {}) }
    const request = http.request({ host: proxy.url.hostname, port: proxy.url.port || 80, method: 'CONNECT', path: target, headers, agent: false })
    request.setTimeout(timeout, () => request.destroy(new Error('timed out')))
    request.on('error', reject)
    request.on('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket as Socket)
      socket.destroy()
      reject(new Error('refused'))
    })
    request.end()
  })
}

function chain(own: DetailedPeerCertificate): Certificate[] {
  const found: Certificate[] = []
  const seen = new Set<string>()
  for (let next: DetailedPeerCertificate | undefined = own; next?.fingerprint256 && !seen.has(next.fingerprint256); next = next.issuerCertificate) {
    seen.add(next.fingerprint256)
    found.push({
      subject: name(next.subject),
      issuer: name(next.issuer),
      names: (next.subjectaltname ?? '').split(/,\s*/).map((each) => each.replace(/^(DNS|IP Address):/, '')).filter(Boolean),
      validFrom: new Date(next.valid_from),
      validTo: new Date(next.valid_to),
      selfSigned: JSON.stringify(next.subject) === JSON.stringify(next.issuer),
    })
  }
  return found
}

function name(of: DetailedPeerCertificate['subject'] | undefined): string {
  const text = of?.CN ?? of?.O ?? of?.OU ?? ''
  return [text].flat().join(' ')
}
